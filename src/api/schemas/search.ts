import Type from 'typebox'
import { CID, count, entry, errorView, failed, number, object, oneOf, PEER, text } from './forms.ts'

/** Schemas of what the API answers about searches. */

export const Provider = object(
  {
    peerId: text('PeerId', PEER),
    name: text('Name its owner gave it; proves nothing', 'ada'),
    addresses: Type.Array(text('HOST:PORT', '192.0.2.7:9081'), { description: 'gRPC addresses, best first' }),
  },
  { title: 'Provider' },
)

export const locatorReport = object(
  {
    hits: count('Hits it gave'),
    messages: count('Messages that went over links for them, both ways'),
    ms: number('It took so long'),
    asked: count('Peers and index servers whose answer was asked for'),
    bytes: count('Bytes of the messages'),
    firstHitHops: Type.Optional(
      count('Links to the peer that answered with the first hit; 0 for what was known here'),
    ),
    stopped: Type.Optional(
      oneOf(
        ['complete', 'limit', 'timeout', 'cancelled', 'partial', 'ttl'],
        'Why it stopped. partial: somebody did not answer in time; ttl: there may be peers further off. Missing when it failed',
      ),
    ),
    error: Type.Optional(errorView),
    problems: Type.Optional(Type.Array(Type.String(), { description: 'Faults that did not stop it' })),
  },
  { title: 'LocatorReport' },
)

export const SearchLine = Type.Union(
  [
    object(
      {
        event: Type.Literal('hit'),
        ...entry,
        providers: Type.Array(Provider),
        via: Type.Array(text('Locator', 'index')),
      },
      { description: 'Found. A later one of the same CID replaces the one before.' },
    ),
    object(
      {
        event: Type.Literal('done'),
        hits: count('Different CIDs found'),
        ms: number('It took so long'),
        reason: oneOf(['limit', 'complete', 'timeout', 'cancelled'], 'Why it ended'),
        via: Type.Record(Type.String(), locatorReport, { description: 'What each locator did' }),
      },
      { description: 'The search is over. The last one.' },
    ),
    failed,
  ],
  { title: 'SearchLine', description: 'One JSON object a line, or one a server-sent event' },
)

export const FoundTargetSchema = object({
  cid: text('CID in canonical form', CID),
  name: Type.Optional(text('Name in the target, or that it is found under', 'manual.pdf')),
})
