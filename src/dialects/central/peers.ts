import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'
import { exchange } from '../common/exchange.ts'
import type { DialectContext, GuestFile } from '../dialect.ts'
import type { CentralOptions } from './central.ts'
import { MAX_FILE_BYTES, type Resource, requestOf } from './wire.ts'

interface Peer {
  /** Its last sign of life, on the steady clock. */
  seenMs: number
  /** By name. */
  readonly files: Map<string, Resource>
}

/** Clients that registered files, for as long as they are heard of; their files are in the guest book. */
export class Peers {
  readonly #context: DialectContext
  readonly #options: CentralOptions
  /** By id; who was heard of last is last. */
  readonly #peers = new Map<string, Peer>()

  constructor(context: DialectContext, options: CentralOptions) {
    this.#context = context
    this.#options = options
  }

  /** Adds a file or replaces the peer's one of that name; `caller` is the IP address it came from. @throws ShoalError NO_SPACE */
  register({ peer_id: id, ...resource }: Resource & { peer_id: string }, caller: string): void {
    const { maxPeers, maxFilesPerPeer } = this.#options
    const { guests } = this.#context
    const name = resource.resource_name
    const peer = this.#peers.get(id) ?? { seenMs: 0, files: new Map<string, Resource>() }
    const before = peer.files.get(name)
    const isFull = this.#peers.has(id)
      ? !before && peer.files.size >= maxFilesPerPeer
      : this.#peers.size >= maxPeers
    if (isFull) throw new ShoalError('NO_SPACE', 'No more files are taken in.')
    if (before && holderOf(before) !== holderOf(resource)) guests.remove('central', id, name)
    guests.add(this.#guest(id, resource, caller))
    peer.files.set(name, resource)
    this.#peers.set(id, peer)
    this.beat(id)
  }

  /** Notes a sign of life; who registered nothing is not kept. */
  beat(id: string): void {
    const peer = this.#peers.get(id)
    if (!peer) return
    peer.seenMs = this.#context.clock.monotonic()
    this.#peers.delete(id)
    this.#peers.set(id, peer)
  }

  /** Takes back all that those registered who have been silent. */
  sweep(): void {
    const oldestMs = this.#context.clock.monotonic() - this.#options.silenceMs
    for (const [id, { seenMs }] of this.#peers) {
      if (seenMs > oldestMs) break
      this.#peers.delete(id)
      this.#context.guests.remove('central', id)
    }
  }

  list(): Resource[] {
    return [...this.#peers.values()].flatMap(({ files }) => [...files.values()])
  }

  /** A file of this name, with the peer that was heard of last. */
  find(name: string): Resource | undefined {
    return [...this.#peers.values()].findLast(({ files }) => files.has(name))?.files.get(name)
  }

  view() {
    return { peers: this.#peers.size, files: this.list().length }
  }

  #guest(owner: string, resource: Resource, caller: string): GuestFile {
    const { peer_ip: host, peer_port: port, resource_name: name, resource_hash: md5 } = resource
    const guest: GuestFile = { dialect: 'central', owner, name, holder: holderOf(resource), md5 }
    if (!mayFetch(host, caller, this.#context.calls)) return guest
    const maxBytes = MAX_FILE_BYTES
    const fetch = async (signal: AbortSignal) => {
      using deadline = withDeadline(this.#context.clock, this.#options.fetchTimeoutMs, signal)
      return once(await exchange(requestOf(resource), { host, port, maxBytes, signal: deadline.signal }))
    }
    return { ...guest, fetch, maxBytes }
  }
}

/**
 * Whether files are fetched from an address: of who calls from there, or that may be called anyway. This machine is meant only by those who are on it:
 * nobody else makes the node send to what listens here.
 */
export function mayFetch(host: string, caller: string, calls: Pick<DialectContext['calls'], 'mayCall'>) {
  const isLocal = (ip: string) => ip.startsWith('127.') || ip === '::1'
  return host === caller || (calls.mayCall(host) && (!isLocal(host) || isLocal(caller)))
}

const holderOf = ({ peer_ip, peer_port }: Resource) => `${peer_ip}:${peer_port}`

async function* once(bytes: Uint8Array) {
  yield bytes
}
