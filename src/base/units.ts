export const KIB = 1024
export const MIB = 1024 * KIB
export const GIB = 1024 * MIB

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** A size for people: `1.5 MiB`, three significant digits. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (Math.abs(value) >= 1024 && unit < BINARY_UNITS.length - 1) {
    value /= 1024
    unit++
  }
  if (unit === 0) return `${value} B`
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${BINARY_UNITS[unit]}`
}

/** A duration for people: `850 ms`, `12.3 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return '∞'
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`
}

/** A rate for people: `1.50 MiB/s`. */
export const formatRate = (bytesPerSecond: number): string => `${formatBytes(Math.round(bytesPerSecond))}/s`

const RATE = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)(b|bit|bits|bytes?)?(?:\/s|ps)?$/i
const NO_RATE = /^(none|off|unlimited)$/i

/**
 * Bytes a second from what people write: `5MiB/s`, `40Mbit/s`, `40Mbps`, `500 kB/s`; `800K` is binary as with curl and rsync, a bare number is
 * bytes, and `0`, `none`, `off`, `unlimited` are 0. Undefined for anything else, and for `5Mb/s`, which some take for bytes and some for bits.
 */
export function parseRate(text: string): number | undefined {
  const trimmed = text.trim()
  if (NO_RATE.test(trimmed)) return 0
  const [, digits, prefix = '', binary = '', unit = ''] = RATE.exec(trimmed) ?? []
  if (digits === undefined || (binary && !prefix)) return undefined
  const isBits = /^bits?$/i.test(unit) || (unit === 'b' && /bps$/.test(trimmed))
  if (unit === 'b' && !isBits && !binary) return undefined
  const base = binary || (prefix && unit === '') ? 1024 : 1000
  const bytes = (Number(digits) * base ** ' kmgt'.indexOf(prefix.toLowerCase() || ' ')) / (isBits ? 8 : 1)
  if (bytes > Number.MAX_SAFE_INTEGER) return undefined
  // Little is not nothing: 0 means no limit.
  return bytes > 0 ? Math.max(1, Math.round(bytes)) : 0
}
