import type { LocatorReport, SearchDone, SearchHit, SearchRow } from '../../api/types.ts'

/** Which way a search went, as far as it was told. */
export interface SearchWay {
  /** What was looked for. */
  readonly words: string
  readonly hits: number
  readonly ms: number
  readonly steps: readonly WayStep[]
  readonly lines: readonly WayLine[]
  /** Peers that answered, by PeerId, with the names they gave themselves. */
  readonly peers: ReadonlyMap<string, string>
}

/** What one locator did. */
export interface WayStep {
  readonly via: string
  readonly report: LocatorReport
  /** PeerIds of those by whom answers came, or addresses of index servers. */
  readonly through: readonly string[]
  /** PeerIds of those who have something. */
  readonly responders: readonly string[]
  /** Links to the one furthest away; undefined when it was not told. */
  readonly hops: number | undefined
}

/** One stretch of the way. */
export interface WayLine {
  readonly via: string
  /** PeerId; undefined = this node. */
  readonly from: string | undefined
  readonly to: string
  /** Links between the two; more than one when others lie between that are not known here, undefined when it was not told. */
  readonly links: number | undefined
}

/** Ways of finding things, in the order in which they are told of. */
const ORDER = ['library', 'index', 'zone', 'flood', 'dht']

interface Responder {
  readonly peerId: string
  readonly name: string
  readonly via: readonly string[]
  readonly hops?: number | undefined
  readonly through?: string | undefined
}

/**
 * The newest search of the log that a person made: a download looks for its CID, too. When the last one made in this page was for a CID itself, the newest.
 */
export function rowToShow(rows: readonly SearchRow[], isForCid: boolean): SearchRow | undefined {
  return isForCid ? rows[0] : (rows.find(({ query }) => query.words !== undefined) ?? rows[0])
}

/** Of a search in the node's log. */
export function wayOfRow({ query, hits, ms, via, responders }: SearchRow): SearchWay {
  const words = query.words ?? query.cid ?? query.sha256 ?? ''
  return wayOf({ words, hits, ms, via, responders })
}

/** Of a search made in this page: who told of what is not known then. @param ownId PeerId of this node */
export function wayOfSearch(
  { words, done, hits }: { words: string; done: SearchDone; hits: readonly SearchHit[] },
  ownId: string | undefined,
): SearchWay {
  const found = new Map<string, { peerId: string; name: string; via: string[] }>()
  for (const hit of hits) {
    const vias = hit.via.filter((each) => each !== 'library')
    const holders = hit.providers.filter(({ peerId }) => peerId !== ownId)
    // Several holders found in several ways: which in which is not told. The first way found some at least.
    const via = holders.length === 1 ? vias : vias.slice(0, 1)
    for (const { peerId, name } of via.length > 0 ? holders : []) {
      const known = found.get(peerId)
      if (known) known.via = [...new Set([...known.via, ...via])]
      else found.set(peerId, { peerId, name, via })
    }
  }
  return wayOf({
    words,
    hits: done.hits,
    ms: done.ms,
    via: done.via,
    responders: [...found.values()].slice(0, MAX_RESPONDERS),
  })
}

/** As many as the node's log keeps. */
const MAX_RESPONDERS = 50

/** Found in several ways, a peer has one `through`: of the flood when the hops are known, which only that counts, else of who keeps a directory. */
const ownerOf = ({ via, hops }: Responder): string | undefined =>
  (hops === undefined ? ['zone', 'index', 'dht', 'flood'] : ['flood', 'dht', 'zone', 'index']).find((name) =>
    via.includes(name),
  )

/** An index server is named by its address, a peer by its PeerId, which has no colon. */
export const isAddress = (through: string): boolean => through.includes(':')

function wayOf({
  words,
  hits,
  ms,
  via: reports,
  responders,
}: {
  words: string
  hits: number
  ms: number
  via: Readonly<Record<string, LocatorReport>>
  responders: readonly Responder[]
}): SearchWay {
  const rank = (via: string) => (ORDER.indexOf(via) + ORDER.length + 1) % (ORDER.length + 1)
  const steps = Object.entries(reports)
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([via, report]) => {
      const own = responders.filter((responder) => responder.via.includes(via))
      const routed = own.filter((responder) => ownerOf(responder) === via)
      const hops = routed.flatMap(({ hops }) => hops ?? [])
      return {
        via,
        report,
        through: [...new Set(routed.flatMap(({ through }) => through ?? []))],
        responders: own.map(({ peerId }) => peerId),
        hops: hops.length > 0 ? Math.max(...hops) : report.firstHitHops,
      }
    })
  const lines = new Map<string, WayLine>()
  const draw = (line: WayLine) => lines.set(`${line.via} ${line.from ?? ''} ${line.to}`, line)
  for (const responder of responders) {
    const { peerId, hops, through } = responder
    for (const each of responder.via.filter((name) => name !== 'library')) {
      const isOwner = each === ownerOf(responder)
      const between =
        !isOwner || through === undefined || isAddress(through) || through === peerId ? undefined : through
      if (between) draw({ via: each, from: undefined, to: between, links: 1 })
      const links = !isOwner || hops === undefined ? undefined : Math.max(1, between ? hops - 1 : hops)
      draw({ via: each, from: between, to: peerId, links })
    }
  }
  return {
    words,
    hits,
    ms,
    steps,
    lines: [...lines.values()],
    peers: new Map(responders.map(({ peerId, name }) => [peerId, name])),
  }
}
