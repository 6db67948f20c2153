import type { Connection } from '@libp2p/interface'
import type { Clock, Timer } from '../base/clock.ts'
import { Emitter } from '../base/events.ts'
import type { Host } from './create-libp2p.ts'
import { ipOf, isRelayed, scopeOf } from './multiaddrs.ts'
import { type Evidence, type Reachability, reachabilityOf } from './reachability.ts'

/** What is watched. */
export interface ReachabilitySetup {
  readonly host: Host
  readonly clock: Clock
  readonly decideAfterMs: number
}

/** Gathers from the host's connections whether others can reach this node. */
export class ReachabilityWatch {
  readonly changes = new Emitter<Reachability>()
  readonly #setup: ReachabilitySetup
  #now: Reachability = 'local'
  #evidence: Evidence | undefined
  #firstPublicMs: number | undefined
  #timer: Timer | undefined
  readonly #onOpen = () => this.look()

  constructor(setup: ReachabilitySetup) {
    this.#setup = setup
  }

  get now(): Reachability {
    return this.#now
  }

  start(): void {
    this.#setup.host.addEventListener('connection:open', this.#onOpen)
    this.#setup.host.addEventListener('self:peer:update', this.#onOpen)
  }

  stop(): void {
    this.#timer?.cancel()
    this.#setup.host.removeEventListener('connection:open', this.#onOpen)
    this.#setup.host.removeEventListener('self:peer:update', this.#onOpen)
  }

  /** Decides anew. */
  look(): void {
    const { clock, decideAfterMs } = this.#setup
    const evidence = this.#gather()
    this.#evidence = evidence
    const now = reachabilityOf(evidence, this.#now, decideAfterMs)
    if (now === 'unknown') {
      this.#timer?.cancel()
      this.#timer = clock.schedule(() => this.look(), decideAfterMs - evidence.sinceMs)
    }
    if (now === this.#now) return
    this.#now = now
    this.changes.emit(now)
  }

  getDebugState(): Record<string, unknown> {
    return { now: this.#now, ...this.#evidence }
  }

  #gather(): Evidence {
    const { host, clock } = this.#setup
    const outside = host.getConnections().filter(isWithPublicPeer)
    const { punch } = host.services
    if (outside.length > 0) this.#firstPublicMs ??= clock.monotonic()
    else this.#firstPublicMs = undefined
    return {
      publicPeers: outside.length,
      hasInbound: outside.some(
        (connection) => connection.direction === 'inbound' && !punch.isPunched(connection),
      ),
      isConfirmed: this.#isConfirmed(),
      sinceMs: this.#firstPublicMs === undefined ? 0 : clock.monotonic() - this.#firstPublicMs,
    }
  }

  /** Verified by another peer: libp2p takes local addresses for verified from the beginning, so only public ones say something. */
  #isConfirmed(): boolean {
    return this.#setup.host.services.host.addressManager
      .getAddressesWithMetadata()
      .some(({ multiaddr, verified, type }) => {
        const ip = ipOf(multiaddr)
        return (
          verified &&
          type !== 'announce' &&
          !isRelayed(multiaddr) &&
          ip !== undefined &&
          scopeOf(ip) === 'public'
        )
      })
  }
}

function isWithPublicPeer({ remoteAddr, status }: Connection): boolean {
  const ip = ipOf(remoteAddr)
  return status === 'open' && !isRelayed(remoteAddr) && ip !== undefined && scopeOf(ip) === 'public'
}
