import type { Connection, PeerId, Startable, Stream } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import { type Clock, sleep } from '../../base/clock.ts'
import { ShoalError, toShoalError } from '../../base/errors.ts'
import type { Logger } from '../../base/log.ts'
import { withDeadline } from '../../base/signals.ts'
import { ipOf, isRelayed, scopeOf } from '../multiaddrs.ts'
import { relayOf } from '../relay/transport.ts'
import { PUNCH_PROTOCOL, type TcpAddress, tcpAddress } from './message.ts'
import { PunchPace } from './pace.ts'
import { Talk } from './talk.ts'
import { isPunchable, type Outside, type PunchComponents, type PunchWays } from './ways.ts'

/** Attempts for one relayed connection. */
const ATTEMPTS = 3
/** All that is said before the ports are dialled, ms. */
const TALK_MS = 15_000
/** Both dial for so long, ms: time for three SYNs of a lossy road. */
const DIAL_MS = 5000
/** The public addresses of a peer are tried for so long, ms. */
const STRAIGHT_MS = 5000
/** A relayed connection that is not needed any more is closed when nothing has gone on in it at two looks, ms apart. */
const RETIRE_MS = 5000
const RETIRE_LOOKS = 120

export interface HolePunchComponents extends PunchComponents {
  readonly registrar: Registrar
}

export interface HolePunchSetup {
  readonly clock: Clock
  readonly log: Logger
  readonly ways: PunchWays
}

/**
 * Makes a straight connection to whoever is connected through a relay, so that the relay need not carry files. The one who was dialled
 * begins, as in DCUtR (https://github.com/libp2p/specs/blob/master/relay/DCUtR.md): it dials the public addresses of the other, and when there are
 * none that answer, both punch a hole. B is who was dialled, A the other:
 *
 *     B -> A  address   how B's port is seen
 *     A -> B  address   how A's is
 *     B -> A  ready     A -> B  ready: B knows the round trip
 *     B -> A  go        B dials half a round trip later, A as soon as this comes
 */
export class HolePunch implements Startable {
  readonly #setup: HolePunchSetup
  readonly #components: HolePunchComponents
  readonly #pace: PunchPace
  readonly #stopped = new AbortController()
  /** Where holes were or are being punched to. */
  readonly #targets = new Set<string>()
  readonly #counts = { tried: 0, made: 0, straight: 0 }
  #topology: string | undefined

  constructor(components: HolePunchComponents, setup: HolePunchSetup) {
    this.#components = components
    this.#setup = setup
    this.#pace = new PunchPace(setup.clock)
  }

  async start(): Promise<void> {
    const { registrar } = this.#components
    await registrar.handle(PUNCH_PROTOCOL, (stream, connection) => this.#follow(stream, connection), {
      maxInboundStreams: 1,
      maxOutboundStreams: 1,
      runOnLimitedConnection: true,
    })
    this.#topology = await registrar.register(PUNCH_PROTOCOL, {
      notifyOnLimitedConnection: true,
      onConnect: (_, connection) => void this.#improve(connection),
    })
  }

  async stop(): Promise<void> {
    const { registrar } = this.#components
    this.#stopped.abort(new ShoalError('CANCELLED'))
    if (this.#topology !== undefined) registrar.unregister(this.#topology)
    await registrar.unhandle(PUNCH_PROTOCOL)
  }

  /** Whether a connection was made by both sides dialling: that its other end has connected says nothing of who else could. */
  isPunched({ remoteAddr }: Pick<Connection, 'remoteAddr'>): boolean {
    const plain = tcpAddress(remoteAddr)
    return plain !== undefined && this.#targets.has(String(plain.address))
  }

  getDebugState(): Record<string, number> {
    return { ...this.#counts }
  }

  async #improve(connection: Connection): Promise<void> {
    const { clock, log } = this.#setup
    const { remotePeer, remoteAddr, direction } = connection
    const peerId = remotePeer.toString()
    if (direction !== 'inbound' || !isRelayed(remoteAddr) || !this.#pace.begin(peerId)) return
    let isStraight = false
    try {
      isStraight = await this.#dialStraight(remotePeer)
      for (let i = 0; i < ATTEMPTS && !isStraight && connection.status === 'open'; i++) {
        this.#counts.tried++
        isStraight = await this.#lead(connection).catch((error) => {
          log.debug({ err: error, peerId }, 'no hole could be punched')
          return this.#isStraight(remotePeer)
        })
        if (this.#stopped.signal.aborted) return
      }
      if (isStraight) log.info({ peerId }, 'a straight connection takes the place of a relayed one')
    } catch (error) {
      log.debug({ err: error, peerId }, 'a relayed connection stays')
    } finally {
      this.#pace.end(peerId, isStraight)
    }
    if (isStraight) await this.#retire(connection, clock).catch(() => {})
  }

  /** When the other side can be dialled, nothing needs to be punched. */
  async #dialStraight(peer: PeerId): Promise<boolean> {
    if (this.#isStraight(peer)) return true
    const { peerStore, connectionManager } = this.#components
    const stored = await peerStore.get(peer).catch(() => undefined)
    const open = (stored?.addresses ?? [])
      .map(({ multiaddr }) => multiaddr)
      .filter((address) => !isRelayed(address) && scopeOf(ipOf(address) ?? '') === 'public')
    if (open.length === 0) return false
    using life = withDeadline(this.#setup.clock, STRAIGHT_MS, this.#stopped.signal)
    // Without `force` it would give the relayed one.
    await connectionManager.openConnection(open, { signal: life.signal, force: true }).catch(() => {})
    if (!this.#isStraight(peer)) return false
    this.#counts.straight++
    return true
  }

  async #lead(connection: Connection): Promise<boolean> {
    const { clock, ways } = this.#setup
    using life = withDeadline(clock, TALK_MS, this.#stopped.signal)
    const { signal } = life
    const stream = await connection.newStream(PUNCH_PROTOCOL, { signal, runOnLimitedConnection: true })
    try {
      await using outside = await ways.outside(relayIdOf(connection), undefined, signal)
      const talk = new Talk(stream)
      talk.say({ type: 'address', address: String(outside.seen.address) })
      const target = targetOf((await talk.hear('address', signal)).address, outside)
      const sentMs = clock.monotonic()
      talk.say({ type: 'ready' })
      await talk.hear('ready', signal)
      const roundTripMs = clock.monotonic() - sentMs
      talk.say({ type: 'go' })
      await sleep(clock, roundTripMs / 2, signal)
      await this.#dial(target, connection, { localPort: outside.localPort, initiator: false })
      return true
    } finally {
      end(stream)
    }
  }

  async #follow(stream: Stream, connection: Connection): Promise<void> {
    const { clock, log, ways } = this.#setup
    const peerId = connection.remotePeer.toString()
    if (!isRelayed(connection.remoteAddr) || !this.#pace.mayFollow()) {
      stream.abort(new Error('not now'))
      return
    }
    try {
      using life = withDeadline(clock, TALK_MS, this.#stopped.signal)
      const { signal } = life
      const talk = new Talk(stream)
      const { address } = await talk.hear('address', signal)
      await using outside = await ways.outside(relayIdOf(connection), tcpAddress(address)?.family, signal)
      const target = targetOf(address, outside)
      talk.say({ type: 'address', address: String(outside.seen.address) })
      await talk.hear('ready', signal)
      talk.say({ type: 'ready' })
      await talk.hear('go', signal)
      await this.#dial(target, connection, { localPort: outside.localPort, initiator: true })
      end(stream)
    } catch (error) {
      log.debug({ err: error, peerId }, 'no hole could be punched')
      stream.abort(toShoalError(error))
    }
  }

  async #dial(
    target: TcpAddress,
    { remotePeer }: Connection,
    how: Parameters<PunchWays['through']>[2],
  ): Promise<void> {
    const key = String(target.address)
    this.#targets.add(key)
    try {
      using life = withDeadline(this.#setup.clock, DIAL_MS, this.#stopped.signal)
      const made = await this.#setup.ways.through(target, remotePeer.toString(), how, life.signal)
      made.addEventListener('close', () => this.#targets.delete(key), { once: true })
      this.#counts.made++
    } catch (error) {
      this.#targets.delete(key)
      throw error
    }
  }

  /** Closes the relayed connection as soon as nobody uses it: links move to the new one by themselves. */
  async #retire(connection: Connection, clock: Clock): Promise<void> {
    let quiet = 0
    for (let i = 0; i < RETIRE_LOOKS && connection.status === 'open'; i++) {
      await sleep(clock, RETIRE_MS, this.#stopped.signal)
      if (!this.#isStraight(connection.remotePeer)) return
      quiet = connection.streams.length === 0 ? quiet + 1 : 0
      if (quiet === 2) return connection.close()
    }
  }

  #isStraight(peer: PeerId): boolean {
    return this.#components.connectionManager
      .getConnections(peer)
      .some(({ status, remoteAddr }) => status === 'open' && !isRelayed(remoteAddr))
  }
}

/** {@link HolePunch} as a service of a libp2p host. */
export function holePunch(
  setup: Omit<HolePunchSetup, 'ways'> & {
    readonly ways: (components: HolePunchComponents) => PunchWays
  },
): (components: HolePunchComponents) => HolePunch {
  return (components) => new HolePunch(components, { ...setup, ways: setup.ways(components) })
}

function relayIdOf({ remoteAddr }: Connection): string {
  const relayId = relayOf(remoteAddr)
  if (relayId === undefined) throw new ShoalError('UNAVAILABLE', 'The relay is not known.')
  return relayId
}

/** @throws ShoalError BAD_RESPONSE when it is not an address that may be dialled */
function targetOf(address: string, { seen }: Outside): TcpAddress {
  const target = tcpAddress(address)
  if (target && isPunchable(target, seen.family)) return target
  throw new ShoalError('BAD_RESPONSE', 'A peer named an address that nobody outside could have.')
}

function end(stream: Stream): void {
  stream.close().catch((error) => stream.abort(error))
}
