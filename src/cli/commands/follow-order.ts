import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { HolderJson, ReplicaJson } from '../client/replica-rest.ts'
import { EXIT, type ExitCode, type Session } from '../session.ts'
import { copiesOf, dayOf, holderNews, orderLine } from './replica-text.ts'

interface FollowOptions {
  /** As it was when it was made. */
  readonly order: ReplicaJson
  readonly timeoutMs: number
}

/**
 * Waits for the copies of an order, and tells of each holder whose state changes.
 *
 * @returns ok when all are there; timedOut with fewer, and the order stays; error when nobody can be asked, or it ended
 * @throws ShoalError CANCELLED, UNAVAILABLE; the order stays
 */
export async function followOrder(
  session: Session,
  client: NodeClient,
  { order, timeoutMs }: FollowOptions,
): Promise<ExitCode> {
  const { io, print } = session
  using stop = linkSignals()
  const late = new ShoalError('TIMED_OUT')
  const unlisten = io.onSignal(() =>
    stop.abort(new ShoalError('CANCELLED', `Interrupted. ${stays(session, order)}`)),
  )
  const timer = io.clock.schedule(() => stop.abort(late), timeoutMs)
  const states = new Map<string, HolderJson['state']>()
  let last = order
  try {
    const path = `/replicas/${encodeURIComponent(order.cid)}/watch`
    for await (const view of client.lines<ReplicaJson>('GET', path, { signal: stop.signal })) {
      last = view
      for (const holder of changedHolders(states, view.holders)) tell(session, view.cid, holder)
      print.live(() => orderLine(view))
    }
    if (last.state === 'placing') throw new ShoalError('UNAVAILABLE', 'The node stopped.')
  } catch (error) {
    if (error === late) return finish(session, last, true)
    if (!(error instanceof ShoalError) || error.code !== 'UNAVAILABLE') throw error
    throw new ShoalError('UNAVAILABLE', `${error.message} ${stays(session, order)}`, { cause: error })
  } finally {
    timer.cancel()
    unlisten()
  }
  return finish(session, last, false)
}

/** Those whose state is another than in `states`, which is then as they are. */
export function changedHolders(
  states: Map<string, HolderJson['state']>,
  holders: readonly HolderJson[],
): HolderJson[] {
  const changed = holders.filter(({ peerId, state }) => states.get(peerId) !== state)
  for (const { peerId, state } of changed) states.set(peerId, state)
  return changed
}

function tell({ print }: Session, cid: string, holder: HolderJson): void {
  print.row({ event: 'holder', cid, ...holder })
  // That somebody fetches is seen in the live line.
  if (holder.state !== 'fetching')
    print.line(holderNews(holder), holder.state === 'lost' ? 'yellow' : undefined)
}

/** What came of it. @param isLate the time is over, and it still went on */
export function outcomeOf({ state, live, wanted }: ReplicaJson, isLate: boolean): ExitCode {
  if (state === 'ended') return EXIT.error
  if (live >= wanted) return EXIT.ok
  return live === 0 && !isLate ? EXIT.error : EXIT.timedOut
}

function finish(session: Session, view: ReplicaJson, isLate: boolean): ExitCode {
  const { print, sameNode } = session
  const { cid, live, wanted, state, reason, expiresMs } = view
  const code = outcomeOf(view, isLate)
  print.row({ event: 'done', cid, replicas: live, wanted, state, ...(reason && { reason }) })
  const why = reason ? ` ${/[.?!]$/.test(reason) ? reason : `${reason}.`}` : ''
  if (state === 'ended') print.note(`The order has ended.${why}`, 'red')
  else if (code === EXIT.ok) print.note(`${copiesOf(live, wanted)}, until ${dayOf(expiresMs)}.`, 'green')
  else
    print.note(
      `${copiesOf(live, wanted)} so far.${why} Shoal goes on looking for more; see how it goes with: shoal replicas${sameNode} ${cid}`,
      code === EXIT.error ? 'red' : 'yellow',
    )
  return code
}

const stays = ({ sameNode }: Session, { cid }: ReplicaJson) =>
  `The order stays; see how it goes with: shoal replicas${sameNode} ${cid}; or end it with: shoal unpush${sameNode} ${cid}`
