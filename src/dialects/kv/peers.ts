import { type Clock, sleep } from '../../base/clock.ts'
import { type HttpPeer, HttpPeers } from '../common/http-peers.ts'
import { urlOf } from '../common/values.ts'
import type { HttpAnswer } from '../dialect.ts'
import { plainHost } from '../hosts.ts'

interface Facts {
  /** IP addresses that it calls from. */
  hosts: string[]
  isIntroduced: boolean
}

/** Peers that registered or that peers told of; who does not answer for long is forgotten. */
export class KvPeers extends HttpPeers<Facts> {
  /** Whether one of them calls from this IP address. */
  isAt(host: string): boolean {
    return this.all().some(({ hosts }) => hosts.includes(host))
  }

  /** Adds a peer that peers told of, or that calls from an IP address. Undefined: it is this node, it may not be called, or there is no room. */
  meet(url: string, caller?: string) {
    const isKnown = this.get(url) !== undefined
    const peer = this.isSelf(url) ? undefined : this.add(url, { hosts: [], isIntroduced: false })
    if (!peer || (isKnown && !caller)) return peer
    const host = plainHost(new URL(url).hostname)
    peer.hosts = [host, ...(host === '127.0.0.1' ? ['::1'] : []), ...(caller ? [caller] : [])]
    this.heard(peer)
    return peer
  }

  /** Tells a newcomer of this node and the others, a moment later: it registers before it listens. */
  introduce(peer: HttpPeer<Facts>, clock: Clock, afterMs: readonly number[]): void {
    if (peer.isIntroduced) return
    peer.isIntroduced = true
    this.work.run(async (signal) => {
      for (const waitMs of afterMs) {
        await sleep(clock, waitMs, signal)
        const peers = [urlOf(this.self), ...this.urls.filter((url) => url !== peer.url)]
        if (await this.call(peer.url, '/update_peers', { peers })) break
      }
      peer.isIntroduced = false
    })
  }

  override async call(url: string, path: string, json?: unknown): Promise<HttpAnswer | undefined> {
    const answer = await super.call(url, path, json)
    const peer = this.get(url)
    if (!answer && peer && this.isGone(peer)) this.remove(url)
    return answer
  }
}
