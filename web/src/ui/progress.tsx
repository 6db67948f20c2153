/** How far something is; `total` 0 while that cannot be told. */
export function Progress({
  done,
  total,
  label,
  tone = '',
}: {
  done: number
  total: number
  label: string
  tone?: string
}) {
  return (
    <progress
      className={`progress ${tone}`}
      aria-label={label}
      max={total || 1}
      {...(total > 0 && { value: Math.min(done, total) })}
    />
  )
}
