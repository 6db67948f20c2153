import { peerIdFromString } from '@libp2p/peer-id'
import type { Logger } from '../base/log.ts'
import type { Host } from './create-libp2p.ts'
import { peerIdOf, readableMultiaddrs, withPeerId } from './multiaddrs.ts'
import type { FabricOptions } from './options.ts'

/** Peers that wait to be dialled at most; when there are more, the ones told first are dropped: those told later are likelier alive. */
const MAX_WAITING = 200
const AT_ONCE = 4

/** Connects to peers that become known, one after the other, as long as this node has few connections. */
export class KnownPeers {
  readonly #host: Host
  readonly #options: FabricOptions
  readonly #log: Logger
  readonly #waiting = new Set<string>()
  readonly #stop = new AbortController()
  #running = 0
  #failed = 0

  constructor({ host, options, log }: { host: Host; options: FabricOptions; log: Logger }) {
    this.#host = host
    this.#options = options
    this.#log = log
  }

  /** Notes where a peer may be. What cannot be read is left out. */
  add(peerId: string, texts: readonly string[]): void {
    const addresses = readableMultiaddrs(texts)
      .map((address) => withPeerId(address, peerId))
      .filter((address) => peerIdOf(address) === peerId)
    if (addresses.length === 0) return
    void this.#note(peerId, addresses)
  }

  stop(): void {
    this.#stop.abort()
    this.#waiting.clear()
  }

  getDebugState(): Record<string, unknown> {
    return { waiting: this.#waiting.size, dialling: this.#running, failed: this.#failed }
  }

  async #note(peerId: string, multiaddrs: ReturnType<typeof readableMultiaddrs>): Promise<void> {
    try {
      const peer = peerIdFromString(peerId)
      await this.#host.peerStore.merge(peer, { multiaddrs })
      if (this.#host.getConnections(peer).length > 0 || this.#stop.signal.aborted) return
    } catch (error) {
      this.#log.debug({ err: error, peerId }, 'a peer could not be noted')
      return
    }
    this.#waiting.delete(peerId)
    this.#waiting.add(peerId)
    if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(this.#waiting.values().next().value!)
    this.#next()
  }

  #next(): void {
    while (this.#running < AT_ONCE && this.#wantsMore()) {
      const peerId = this.#waiting.values().next().value
      if (peerId === undefined) return
      this.#waiting.delete(peerId)
      void this.#dial(peerId)
    }
  }

  #wantsMore(): boolean {
    return !this.#stop.signal.aborted && this.#host.getPeers().length < this.#options.aimConnections
  }

  async #dial(peerId: string): Promise<void> {
    this.#running++
    try {
      await this.#host.dial(peerIdFromString(peerId), { signal: this.#stop.signal })
    } catch (error) {
      this.#failed++
      this.#log.debug({ err: error, peerId }, 'a known peer cannot be reached')
    } finally {
      this.#running--
      this.#next()
    }
  }
}
