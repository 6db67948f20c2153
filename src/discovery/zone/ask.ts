import type { MessageInitShape } from '@bufbuild/protobuf'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import { entryFromWire } from '../../content/entry-wire.ts'
import type { QuerySchema } from '../../contract/gen/shoal/v1/common_pb.ts'
import { NeighbourService, type SignedPeerRecord } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import { type ZoneHit, type ZoneSearchResponse, ZoneService } from '../../contract/gen/shoal/v1/zone_pb.ts'
import type { Links } from '../../link/rpc.ts'
import { type LocateContext, type LocatorHit, noteRoute } from '../locator.ts'
import type { PeerRecord, RecordReader } from '../membership/peer-record.ts'
import { inZone, labelOf } from '../membership/point.ts'
import { providerFromWire } from '../provider-wire.ts'
import { reasonOf } from '../reason.ts'
import type { ZoneOptions } from './options.ts'
import type { ZoneMembership } from './ports.ts'

/** What asking needs. */
export interface AskSetup {
  readonly membership: ZoneMembership
  readonly recordReader: RecordReader
  readonly links: Links
  readonly clock: Clock
  readonly options: ZoneOptions
  /** Told how many entries are under the key. */
  readonly onTotal: (key: string, total: number) => void
}

/** What is asked. */
export interface ZoneQuestion {
  readonly key: string
  readonly point: number
  readonly wire: MessageInitShape<typeof QuerySchema>
}

const MAX_FAILURES = 4
const MAX_REDIRECTS = 3
const MAX_MORE = 4
const LOOKUPS = 3

/**
 * Asks one member of the zone, another when it does not answer, those that are closer when it is not of the zone, and others of the
 * zone as well when it says that it does not know everything. Returns false when nobody answered; the same CID may come more than once.
 */
export async function* askZone(
  setup: AskSetup,
  question: ZoneQuestion,
  context: LocateContext,
): AsyncGenerator<LocatorHit, boolean, undefined> {
  const asked = new Set<string>()
  const first = yield* askClosest(setup, question, context, asked)
  if (first || context.signal.aborted) return first
  await lookUp(setup, question.point, context)
  return yield* askClosest(setup, question, context, new Set())
}

async function* askClosest(
  setup: AskSetup,
  question: ZoneQuestion,
  context: LocateContext,
  asked: Set<string>,
): AsyncGenerator<LocatorHit, boolean, undefined> {
  const { membership } = setup
  let failures = 0
  let redirects = 0
  let more = MAX_MORE
  let isAnswered = false
  let label: number | undefined
  while (!context.signal.aborted && failures < MAX_FAILURES && redirects <= MAX_REDIRECTS && more > 0) {
    const contact = membership
      .closest(question.point, 12)
      .find(({ peerId, point }) => !asked.has(peerId) && (label === undefined || inZone(point, label)))
    if (!contact) break
    asked.add(contact.peerId)
    try {
      const answer = yield* askOne(setup, contact, question, context)
      if (answer === 'redirected') {
        redirects++
        continue
      }
      isAnswered = true
      if (answer === 'complete') break
      // The zone as the one who answered sees it: only its members may know more.
      label ??= labelOf(question.point, membership.find(contact.peerId)?.zoneBits ?? contact.zoneBits)
      more--
    } catch (error) {
      if (context.signal.aborted) break
      membership.reportFailure(contact.peerId)
      context.cost.problems.push(`zone ${contact.name || contact.peerId}: ${reasonOf(error)}`)
      failures++
    }
  }
  return isAnswered
}

async function* askOne(
  setup: AskSetup,
  contact: PeerRecord,
  { key, wire }: ZoneQuestion,
  { signal, cost }: LocateContext,
): AsyncGenerator<LocatorHit, 'complete' | 'incomplete' | 'redirected', undefined> {
  const { clock, links, options, onTotal } = setup
  using life = linkSignals(signal)
  const timer = clock.schedule(
    () => life.abort(new ShoalError('TIMED_OUT', `No answer within ${options.answerTimeoutMs} ms.`)),
    options.answerTimeoutMs,
  )
  cost.asked++
  let isComplete = true
  let isEmpty = true
  try {
    const client = links.connect(ZoneService, contact)
    for await (const answer of client.search({ query: wire, key }, { signal: life.signal, meter: cost })) {
      timer.cancel()
      isEmpty = false
      learnAll(setup, answer.closer)
      if (answer.closer.length > 0 && !answer.incomplete) return 'redirected'
      if (answer.incomplete) isComplete = false
      onTotal(key, answer.total)
      for (const hit of hitsOf(setup, answer, cost.problems)) {
        if (signal.aborted) return 'complete'
        cost.firstHitHops ??= 1
        for (const { peerId } of hit.providers) noteRoute(cost, peerId, { through: contact.peerId })
        yield hit
      }
    }
    if (life.signal.aborted && !signal.aborted) throw life.signal.reason
    // One who knows nobody closer and is not of the zone has nothing to say.
    return isEmpty ? 'redirected' : isComplete ? 'complete' : 'incomplete'
  } finally {
    timer.cancel()
  }
}

function* hitsOf(setup: AskSetup, { hits }: ZoneSearchResponse, problems: string[]): Generator<LocatorHit> {
  for (const hit of hits) {
    try {
      const read = readHit(setup.membership, hit)
      if (read) yield read
    } catch (error) {
      if (problems.length < 20) problems.push(`zone: ${reasonOf(error)}`)
    }
  }
}

/** A hit without this node and without those that are gone; undefined when nobody is left. @throws ShoalError BAD_RESPONSE */
export function readHit(membership: ZoneMembership, { entry, providers }: ZoneHit): LocatorHit | undefined {
  if (!entry) throw new ShoalError('BAD_RESPONSE', 'A hit without an entry came.')
  const read = entryFromWire(entry)
  const self = membership.record.peerId
  const isOwn = providers.some(({ peerId }) => peerId === self)
  const others = providers
    .slice(0, 200)
    .filter(({ peerId }) => peerId !== self && !membership.isGone(peerId))
    .map(providerFromWire)
  return others.length > 0 || isOwn ? { entry: read, providers: others } : undefined
}

/** Asks the closest peers known who is closer. */
async function lookUp(setup: AskSetup, point: number, { signal, cost }: LocateContext): Promise<void> {
  const { membership, links, options } = setup
  const closest = membership.closest(point, LOOKUPS)
  await Promise.all(
    closest.map(async (contact) => {
      try {
        const client = links.connect(NeighbourService, contact)
        const call = { signal, meter: cost, timeoutMs: options.answerTimeoutMs }
        for await (const { records } of client.getPeers({ near: point, limit: 16 }, call))
          learnAll(setup, records)
      } catch {
        if (!signal.aborted) membership.reportFailure(contact.peerId)
      }
    }),
  )
}

function learnAll({ membership, recordReader }: AskSetup, records: readonly SignedPeerRecord[]): void {
  for (const signed of records.slice(0, 32)) {
    try {
      membership.learn(recordReader.read(signed))
    } catch {
      // A forged record is no help; the others may be.
    }
  }
}
