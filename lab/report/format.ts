/** Numbers as tables show them. */

/** Three significant digits, thousands parted by commas. */
export function num(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 || value === 0 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  const text = value.toFixed(digits)
  const plain = text.includes('.') ? text.replace(/\.?0+$/, '') : text
  return plain.replace(/\B(?=(\d{3})+$)/g, ',')
}

/** A share as a percentage; 100 % only when it is. */
export function percent(share: number): string {
  if (share === 1 || share === 0) return `${share * 100} %`
  const value = Math.min(99.99, share * 100)
  return `${value.toFixed(value >= 99.9 || value < 1 ? 2 : 1)} %`
}

/** Milliseconds, from 10 s on in seconds. */
export function millis(ms: number): string {
  return ms >= 10_000 ? `${num(ms / 1000)} s` : `${num(ms)} ms`
}

/** Bytes in the unit that fits. */
export function bytes(count: number): string {
  if (count < 1024) return `${num(count)} B`
  return count < 1024 ** 2 ? `${num(count / 1024)} KiB` : `${num(count / 1024 ** 2)} MiB`
}
