import { BoundedQueue } from '../../base/queue.ts'
import { uuid } from '../../base/random.ts'
import { withDeadline } from '../../base/signals.ts'
import { httpGuest } from '../common/download.ts'
import { remember } from '../common/remember.ts'
import { type Fields, hostOf, nameOf, portOf, reader, sha256Of, urlOf } from '../common/values.ts'
import type { DialectContext, DialectFile, GuestFile, GuestQuery } from '../dialect.ts'
import type { FloodOptions, Network } from './flood.ts'

const MAX_TTL = 5
const ADDRESS = { host: hostOf, port: portOf }
/** By name or by SHA-256: one that fits is enough. Empty: left out, or none. */
const WANTED = {
  filename: (value: unknown) => nameOf(value) ?? '',
  filehash: (value: unknown) => sha256Of(value) ?? '',
}
const HIT = { filename: nameOf, filehash: WANTED.filehash, ...ADDRESS, QID: nameOf }
const QUERY = { ...WANTED, ...ADDRESS, ttl: ttlOf, QID: nameOf }

function ttlOf(value: unknown): number | undefined {
  return typeof value === 'number' && !Number.isNaN(value) ? Math.min(Math.trunc(value), MAX_TTL) : undefined
}

/** A peer, as its system names it. */
export type Address = Fields<typeof ADDRESS>
export type Wanted = Fields<typeof WANTED>
/** A file and who has it. */
export type Hit = Fields<typeof HIT>
/** A query on its way, and who asked first: hits go straight there. So many peers in a row as `ttl` may look into it, this one included. */
export type Query = Fields<typeof QUERY>

export const readAddress = reader(ADDRESS)
export const readHit = reader(HIT)
export const readWanted = (body: unknown): Wanted | undefined => asking(reader(WANTED)(body))
export const readQuery = (body: unknown): Query | undefined => asking(reader(QUERY)(body))

const asking = <T extends Wanted>(wanted: T | undefined): T | undefined =>
  wanted?.filename || wanted?.filehash ? wanted : undefined

/** A query that began here, as clients are shown it. With a reader it is a search of this node's owner, which nobody else sees. */
interface OwnQuery {
  readonly shown: { id: string; filename: string; hash: string; timestamp: string; responses: object[] }
  readonly reader: BoundedQueue<Hit> | undefined
}

/** What is looked for: by peers, by clients of this dialect, and by this node's own searches. */
export function floodQueries(context: DialectContext, network: Network, options: FloodOptions) {
  const { node, clock } = context
  const own = new Map<string, OwnQuery>()
  const seen = new Map<string, true>()
  const isNew = (key: unknown) => remember(seen, JSON.stringify(key), true, options.maxSeen)
  /** Files that others were told of, by name: they can be fetched here. */
  const told = new Map<string, DialectFile>()
  const time = () => new Date(clock.now()).toUTCString()

  function tell(file: DialectFile, QID: string): Hit {
    remember(told, file.name, file, options.maxQueries)
    return { filename: file.name, filehash: file.sha256 ?? '', ...network.self, QID }
  }

  function note({ shown, reader }: OwnQuery, hit: Hit): void {
    if (shown.responses.length >= options.maxHits || !isNew(hit)) return
    shown.responses.push({ ...hit, timestamp: time() })
    reader?.tryPush(hit)
  }

  /** Asks the peers, and for clients the node as well. Returns the id of the query. */
  function ask(wanted: Wanted, reader?: BoundedQueue<Hit>): string {
    const [id, { filename: name, filehash: sha256 }] = [uuid(context.random), wanted]
    const query = { shown: { id, filename: name, hash: sha256, timestamp: time(), responses: [] }, reader }
    remember(own, id, query, options.maxQueries)
    network.work.run(() => network.tell('/query', { ...wanted, ...network.self, ttl: MAX_TTL, QID: id }))
    network.work.run(async (signal) => {
      for await (const file of reader ? [] : node.find({ name, sha256 }, signal)) note(query, tell(file, id))
    })
    return id
  }

  /** A peer's query: answered from here or passed on, but not twice, and left out when there is too much to do. */
  function take(query: Query): undefined {
    const { filename: name, filehash: sha256, QID, ttl } = query
    if (network.isSelf(urlOf(query)) || !isNew(QID)) return
    network.work.run(async (signal) => {
      for await (const file of node.find({ name, sha256, here: true }, signal))
        return network.call(urlOf(query), '/query_hit', tell(file, QID))
      return ttl > 1 && network.tell('/query', { ...query, ttl: ttl - 1 }, urlOf(query))
    })
  }

  /** Somebody, who can be anybody, says that he has what was looked for. */
  function hit(hit: Hit) {
    const query = own.get(hit.QID)
    const { filename, hash } = query?.shown ?? {}
    const isAnswer = filename === hit.filename || (hash && hash === hit.filehash)
    if (query && isAnswer && !network.isSelf(urlOf(hit))) note(query, hit)
    return { status: 'success' }
  }

  /** Asks the peers for files; ends with the signal, or after `findMs`. */
  async function* search({ words, sha256 }: GuestQuery, signal: AbortSignal): AsyncGenerator<GuestFile> {
    const wanted = readWanted({ filename: words?.trim(), filehash: sha256 })
    if (!wanted || signal.aborted || network.active().length === 0) return
    const hits = new BoundedQueue<Hit>(options.maxHits)
    using life = withDeadline(clock, options.findMs, signal)
    life.signal.addEventListener('abort', () => hits.close())
    const id = ask(wanted, hits)
    try {
      for await (const { filename: name, filehash, host, port } of hits) {
        const file = { dialect: 'flood', name, host, port, path: '/download/', sha256: filehash } as const
        yield httpGuest(file, context.calls, options)
      }
    } finally {
      own.delete(id)
    }
  }

  const list = () => [...own.values()].flatMap(({ shown, reader }) => (reader ? [] : [shown])).reverse()
  return { told, ask, take, hit, search, list }
}
