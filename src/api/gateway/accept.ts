/** One entry of an `Accept` header. */
export interface MediaRange {
  /** Lower case: `application/vnd.ipld.car`, `text/*`. */
  readonly type: string
  /** Lower-case names; values without quotes. */
  readonly params: ReadonlyMap<string, string>
}

/** Entries that are read; a browser sends some eight. */
const MAX_ENTRIES = 32

/**
 * What an `Accept` header takes (RFC 9110, section 12.5.1), best first: by weight, then named types before wildcards, then as
 * written. Entries of weight 0, and those that are no media range, are left out.
 */
export function parseAccept(header: string | undefined): MediaRange[] {
  const entries = (header ?? '').split(',').slice(0, MAX_ENTRIES).flatMap(parseEntry)
  const rank = ({ type, weight }: Weighted) => weight * 2 + (type.endsWith('/*') ? 0 : 0.0001)
  return entries.sort((a, b) => rank(b) - rank(a)).map(({ type, params }) => ({ type, params }))
}

interface Weighted extends MediaRange {
  readonly weight: number
}

function parseEntry(text: string): Weighted[] {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim())
  if (!/^[^\s/]+\/[^\s/]+$/.test(type)) return []
  const params = new Map<string, string>()
  let weight = 1
  for (const part of rest) {
    const [name = '', value = ''] = part.split(/\s*=\s*/, 2)
    const plain = value.replace(/^"(.*)"$/, '$1')
    if (name.toLowerCase() === 'q') weight = /^[01](\.\d{0,3})?$/.test(plain) ? Math.min(1, Number(plain)) : 0
    else params.set(name.toLowerCase(), plain)
  }
  return weight > 0 ? [{ type: type.toLowerCase(), params, weight }] : []
}
