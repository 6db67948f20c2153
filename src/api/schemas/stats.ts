import Type from 'typebox'
import { CID, count, number, object, oneOf, PEER, SHA256, text } from './forms.ts'
import { locatorReport } from './search.ts'

/** Schemas of what the routes of `routes/stats.ts` answer. */

const UUID = '0b5f1a58-3c52-4f0e-9d3b-3f8f5d0f6d11'

const list = (description: string) => Type.Array(number('In one step'), { description })

const series = (description: string) =>
  object(
    {
      stepMs: count('Length of a step'),
      endMs: number('End of the last step, ms since the Unix epoch'),
      uploadedBytes: list('Bytes of blocks sent, in each step'),
      downloadedBytes: list('Bytes of blocks that came and were verified, in each step'),
      blockFailures: list('Times that a source gave no more blocks, in each step'),
      searches: list('Searches made here, in each step'),
      queries: list('Queries of others received, in each step'),
      peersAlive: list('Peers that live, at the end of each step'),
      neighbours: list('Peers with whom a stream is open, at the end of each step'),
    },
    {
      description: `${description} All lists are equally long, the oldest step first; shorter after the start`,
    },
  )

const counts = (description: string, ...keys: string[]) =>
  Type.Record(Type.String(), count('How many'), { description: `${description}: ${keys.join(', ')}` })

const totals = object(
  {
    uploadedBytes: count('Bytes of blocks sent'),
    uploadedLanBytes: count('Of them, to peers on the local network'),
    downloadedBytes: count('Bytes of blocks that came and were verified'),
    downloadedLanBytes: count('Of them, from peers on the local network'),
    blocksVerified: count('Blocks that came and were verified'),
    blockFailures: counts(
      'Times that a source gave no more blocks, by reason',
      ...['badHash', 'badAnswer', 'stalled', 'broken', 'refused', 'unreachable'],
    ),
    searches: count('Searches made here'),
    hits: count('Different CIDs that these found'),
    messages: counts('Messages that went for them, by locator', 'index', 'zone', 'flood', 'dht'),
    queries: Type.Record(
      Type.String(),
      object({
        received: count('Came'),
        answered: count('Had at least one hit here'),
        dropped: count('Not worked for: too many, or without sense'),
      }),
      {
        description:
          'Queries of others, by locator: zone, flood, dht (asked directly, as who searches by the DHT does)',
      },
    ),
    downloadsDone: count('Downloads that are done'),
    downloadsFailed: count('Downloads that failed; one that failed twice counts twice'),
    filesDone: count('Files of the downloads that are done'),
  },
  { description: 'Since the start of the node' },
)

const now = object({
  peersKnown: count('Peers that it knows'),
  peersAlive: count('Peers of the network without a server that live; 0 when it takes no part in it'),
  neighbours: count('Peers with whom a stream is open'),
  zoneSize: count('Peers in the own zone, this one too; 0 when it takes no part'),
  networkSize: count('Peers in the network, as far as it can be told; 0 when it takes no part'),
  dhtContacts: count('Peers of the DHT that it knows'),
  dhtMode: oneOf(['client', 'server'], 'A client asks the DHT and is not asked'),
  dhtRecords: count('Records of the DHT that it keeps'),
  downloadsActive: count('Downloads that run'),
  uploadsActive: count('Uploads that run'),
  uploadsQueued: count('Uploads that wait'),
  eventReaders: Type.Optional(count('Readers of /api/v1/events')),
})

const storage = object({
  libraryFiles: count('Files shared'),
  libraryBytes: count('Their bytes'),
  catalogueBytes: count('Bytes of the catalogue’s database'),
  stateBytes: count('Bytes of the database of downloads, peers and values'),
  downloadsBytesLeft: Type.Optional(count('Free where downloads go; missing when it cannot be told')),
  freeBytes: Type.Optional(count('Free where the data folder is; missing when it cannot be told')),
})

export const Stats = object(
  {
    nowMs: number('ms since the Unix epoch'),
    startedMs: number('When the node started, ms since the Unix epoch'),
    totals,
    now,
    storage,
    series: object({ hour: series('The last hour.'), day: series('The last 24 hours.') }),
  },
  { title: 'Stats' },
)

const askedFor = object(
  {
    words: Type.Optional(text('Words as they were typed', 'annual report*')),
    sha256: Type.Optional(text('Hex SHA-256', SHA256)),
    cid: Type.Optional(text('CID', CID)),
  },
  { description: 'What was looked for; all that is there must hold' },
)

const cursor = Type.Optional(text('Give it as `cursor` for the next page; missing at the end', UUID))
const hops = (description: string) => Type.Optional(count(description))

const searchRow = object(
  {
    id: text('UUID; when it was flooded, the one of the first query', UUID),
    queryIds: Type.Array(text('UUID', UUID), { description: 'Of all queries that were flooded for it' }),
    startedMs: number('ms since the Unix epoch'),
    query: askedFor,
    ms: number('It took so long'),
    hits: count('Different CIDs found'),
    reason: oneOf(['limit', 'complete', 'timeout', 'cancelled'], 'Why it ended'),
    via: Type.Record(Type.String(), locatorReport, { description: 'What each locator did' }),
    responders: Type.Array(
      object({
        peerId: text('PeerId', PEER),
        name: text('Name its owner gave it; proves nothing', 'ada'),
        hits: count('Different CIDs found at it'),
        via: Type.Array(text('Locator', 'flood')),
        hops: hops('Links to it, as far as it was told'),
        through: Type.Optional(
          text(
            'PeerId of the neighbour or zone member, or address of the index server, that told of it',
            PEER,
          ),
        ),
      }),
      { description: 'Peers that have some of it: the first 50' },
    ),
  },
  { title: 'SearchRow', description: 'A search made here that is over' },
)

const queryRow = object(
  {
    id: text('UUID: of a flooded query its own, of another one made here', UUID),
    atMs: number('When it came, ms since the Unix epoch'),
    locator: oneOf(['zone', 'flood', 'dht'], 'By which it came'),
    query: askedFor,
    from: text(
      'PeerId of who sent it: of a flooded query the neighbour, who need not be the one who searches',
      PEER,
    ),
    fromName: text('Its name, empty when not known; proves nothing', 'ada'),
    ttl: hops('Hops that it may make yet, as the neighbour told; only of what is flooded'),
    hops: hops('Hops that it has made, as the neighbour told; only of what is flooded'),
    hits: count('Entries found here'),
    passedOn: Type.Optional(count('Neighbours to whom it was passed on; only of what is flooded')),
  },
  { title: 'QueryRow', description: 'A query of another peer that this node has worked for' },
)

export const SearchLogPage = object({ searches: Type.Array(searchRow), cursor })
export const QueryLogPage = object({ queries: Type.Array(queryRow), cursor })
