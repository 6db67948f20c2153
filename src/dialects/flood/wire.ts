import { callable, fieldsOf, hostOf, nameOf, portOf, sha256Of } from '../rest/values.ts'

/** A peer, as its system names it. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** What is looked for: by name or by SHA-256, one that fits is enough. */
export interface Wanted {
  readonly name?: string
  readonly sha256?: string
}

/** A query on its way. `from` asked first; hits go straight there. */
export interface Query extends Wanted {
  readonly id: string
  readonly from: Address
  /** How many peers in a row may still look into it, this one included. */
  readonly ttl: number
}

/** A file and who has it. */
export interface Hit extends Address {
  readonly filename: string
  /** SHA-256, or empty: not known. */
  readonly filehash: string
}

/** What peers without an own value mean. */
const DEFAULT_TTL = 2

export const hitKey = (hit: Hit): string => JSON.stringify([hit.filename, hit.filehash, keyOf(hit)])

export const keyOf = ({ host, port }: Address): string => `${callable(host)}:${port}`

export function readAddress(body: unknown): Address | undefined {
  const { host, port } = fieldsOf(body)
  const address = { host: hostOf(host), port: portOf(port) }
  return address.host && address.port ? (address as Address) : undefined
}

/** Undefined: neither a name nor a SHA-256. Forms send an empty text for what was left out. */
export function readWanted(body: unknown): Wanted | undefined {
  const { filename, filehash } = fieldsOf(body)
  const [name, sha256] = [nameOf(filename), sha256Of(filehash)]
  return name || sha256 ? { ...(name && { name }), ...(sha256 && { sha256 }) } : undefined
}

export function readQuery(body: unknown, { maxTtl }: { maxTtl: number }): Query | undefined {
  const { ttl = DEFAULT_TTL } = fieldsOf(body)
  const [wanted, from, id] = [readWanted(body), readAddress(body), readId(body)]
  if (!wanted || !from || !id || typeof ttl !== 'number' || Number.isNaN(ttl)) return undefined
  return { ...wanted, id, from, ttl: Math.min(Math.trunc(ttl), maxTtl) }
}

export function readHit(body: unknown): { id: string; hit: Hit } | undefined {
  const { filename, filehash } = fieldsOf(body)
  const [name, holder, id] = [nameOf(filename), readAddress(body), readId(body)]
  return name && holder && id
    ? { id, hit: { filename: name, filehash: sha256Of(filehash) ?? '', ...holder } }
    : undefined
}

/** A query as it goes to a peer: `filename` and `filehash` are always there. */
export const queryBody = ({ name, sha256, id, from, ttl }: Query) => ({
  ...{ filename: name ?? '', filehash: sha256 ?? '', host: from.host, port: from.port, ttl, QID: id },
})

/** Whether a hit answers what was looked for: who sends one can be anybody. */
export const answers = ({ filename, filehash }: Hit, { name, sha256 }: Wanted): boolean =>
  filename === name || (sha256 !== undefined && filehash === sha256)

function readId(body: unknown): string | undefined {
  const { QID } = fieldsOf(body)
  return nameOf(typeof QID === 'number' ? String(QID) : QID)
}
