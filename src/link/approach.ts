import { ShoalError } from '../base/errors.ts'
import { withDeadline } from '../base/signals.ts'
import { type HostPort, isMultiaddr, parseAddress } from './address.ts'
import { type Connection, type DialContext, dial, dialTunnel } from './dial.ts'
import type { Doorstep } from './doorstep.ts'
import { race } from './race.ts'
import { isBetterRoad, type Road, type Tunnels } from './roads.ts'

/** What is needed to reach a peer by any road. */
export interface ApproachContext extends DialContext {
  doorstep: Doorstep
  /** Without, peers are reached directly only. */
  tunnels?: Tunnels | undefined
}

/** Whom to reach. */
export interface Goal {
  /** undefined = whoever answers; there is no tunnel to nobody in particular. */
  readonly peerId: string | undefined
  /** HOST:PORT and multiaddrs, best first. */
  readonly addresses: readonly string[]
}

const TUNNEL = Symbol('tunnel')
type Candidate = HostPort | typeof TUNNEL

/**
 * Connects to a peer: its HOST:PORTs one after the other, and a tunnel when none of them has answered for a while, or at once when
 * there are none. The first that succeeds wins. Throws what says most of what went wrong.
 */
export function approach(goal: Goal, signal: AbortSignal, context: ApproachContext): Promise<Connection> {
  const { options, tunnels } = context
  const direct = usable(goal.addresses, options.maxAddresses, tunnels !== undefined)
  const candidates: Candidate[] = tunnels && goal.peerId !== undefined ? [...direct, TUNNEL] : direct
  return first(candidates, goal, signal, context)
}

/** Connects by a road better than `than`; undefined when there is none now. Throws the signal's reason only. */
export async function improve(
  goal: Goal,
  than: Road,
  signal: AbortSignal,
  context: ApproachContext,
): Promise<Connection | undefined> {
  const { options, tunnels } = context
  const direct: Candidate[] = usable(goal.addresses, options.maxAddresses, true)
  const tunnelled = goal.peerId === undefined ? undefined : tunnels?.roadTo(goal.peerId)
  const candidates = tunnelled && isBetterRoad(tunnelled, than) ? [...direct, TUNNEL as Candidate] : direct
  if (candidates.length === 0) return undefined
  try {
    const found = await first(candidates, goal, signal, context)
    if (isBetterRoad(found.road, than)) return found
    void found.close()
  } catch {
    signal.throwIfAborted()
  }
  return undefined
}

function first(
  candidates: readonly Candidate[],
  goal: Goal,
  signal: AbortSignal,
  context: ApproachContext,
): Promise<Connection> {
  const { clock, options } = context
  return race(
    candidates,
    (candidate, given) =>
      candidate === TUNNEL
        ? throughTunnel(goal, given, context)
        : dial(candidate, goal.peerId, given, context),
    (late) => void late.close(),
    {
      clock,
      nextAfterMs: (next) => (next === TUNNEL ? options.tunnelAfterMs : options.nextAddressMs),
      signal,
    },
  )
}

async function throughTunnel(goal: Goal, signal: AbortSignal, context: ApproachContext): Promise<Connection> {
  const peerId = goal.peerId!
  const { clock, options } = context
  using limited = withDeadline(clock, options.tunnelTimeoutMs, signal)
  const multiaddrs = goal.addresses.filter(isMultiaddr)
  const tunnel = await context.tunnels!.open(peerId, multiaddrs, limited.signal).catch((error) => {
    signal.throwIfAborted()
    if (limited.signal.aborted)
      throw new ShoalError(
        'UNAVAILABLE',
        `No tunnel to ${peerId} opened within ${options.tunnelTimeoutMs} ms.`,
      )
    throw error
  })
  return dialTunnel(tunnel, peerId, signal, context)
}

/**
 * What can be dialled directly of the addresses a peer gave: those that are HOST:PORT, each once, the first `max`. When there are none,
 * throws what is wrong with the first one, unless there may be `others`: multiaddrs are for tunnels.
 */
export function usable(addresses: readonly string[], max: number, others = false): HostPort[] {
  const good: HostPort[] = []
  const wrong: unknown[] = []
  for (const text of new Set(addresses)) {
    if (isMultiaddr(text)) continue
    try {
      good.push(parseAddress(text))
    } catch (error) {
      wrong.push(error)
    }
    if (good.length === max) break
  }
  if (good.length === 0 && !others) {
    if (wrong.length > 0) throw wrong[0]
    if (addresses.length > 0)
      throw new ShoalError(
        'UNAVAILABLE',
        'This peer can only be reached through a tunnel, and there is none.',
      )
  }
  return good
}
