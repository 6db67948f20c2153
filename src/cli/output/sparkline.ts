const BARS = '▁▂▃▄▅▆▇█'

/**
 * Amounts as a line of bars, at most `columns` wide: neighbours are added together when there are more of them. The highest is a full bar; nothing is the
 * lowest one. Empty for no amounts.
 */
export function sparkline(amounts: readonly number[], columns: number): string {
  if (amounts.length === 0 || columns < 1) return ''
  const perBar = Math.ceil(amounts.length / columns)
  const sums: number[] = []
  // From the end: the newest bar is whole.
  for (let end = amounts.length; end > 0; end -= perBar)
    sums.unshift(amounts.slice(Math.max(0, end - perBar), end).reduce((sum, each) => sum + each, 0))
  const most = Math.max(...sums)
  return sums.map((sum) => BARS[most > 0 ? Math.ceil((sum / most) * (BARS.length - 1)) : 0]).join('')
}
