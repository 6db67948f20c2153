import { createHash } from 'node:crypto'
import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'
import { remember } from '../common/remember.ts'
import type { DialectContext } from '../dialect.ts'
import type { KvOptions } from './kv.ts'
import type { KvPeers } from './peers.ts'
import { encodeValue, valueAnswer } from './values.ts'

/** Lasts until all peers have answered: so long they may ask back. */
type Lookup = { readonly answer: Promise<string | undefined>; found?: string | undefined }

/** The node's values, and the copies that peers have of them. Peers pass on whatever they are sent, also to who sent it. */
export function replicaOf({ node, clock, log }: DialectContext, peers: KvPeers, options: KvOptions) {
  const lookups = new Map<string, Lookup>()
  /** Pairs that were sent to peers, and until when one that comes from a peer is an echo, on the steady clock. */
  const recent = new Map<string, number>()
  const isEcho = (pair: string) => (recent.get(pair) ?? 0) > clock.monotonic()

  /** The node's value. */
  async function read(key: string): Promise<Uint8Array | undefined> {
    using deadline = withDeadline(clock, options.valueTimeoutMs, peers.work.signal)
    return await node.values.get(key, deadline.signal)
  }

  /** Keeps a value, and sends it to the peers afterwards; what is held already goes no further. @throws ShoalError */
  async function store({ key, value }: { key: string; value: unknown }, caller: string): Promise<void> {
    const bytes = encodeValue(value)
    const pair = `${key}\n${createHash('sha256').update(bytes).digest('base64')}`
    const held = await read(key)
    if ((held && bytes.equals(held)) || (isEcho(pair) && peers.isAt(caller))) return
    using deadline = withDeadline(clock, options.valueTimeoutMs, peers.work.signal)
    await node.values.put(key, bytes, deadline.signal)
    remember(recent, pair, clock.monotonic() + options.echoMs, options.maxRecent)
    if (!peers.work.run(() => peers.tell('/store_data', { key, value })))
      log.warn('too much for the peers at once')
  }

  /** The answer that tells a value, the node's or a peer's. A peer that asks for what it may be asked for gets what is known by then. @throws ShoalError */
  async function lookup(key: string, caller: string): Promise<string | undefined> {
    const held = await read(key)
    if (held) return valueAnswer(held)
    const running = lookups.get(key)
    if (running) return peers.isAt(caller) ? running.found : running.answer
    if (lookups.size >= options.maxLookups) throw new ShoalError('BUSY')
    const asked = peers.urls.map((url) => ask(url, key))
    const begun: Lookup = { answer: Promise.any(asked).catch(() => undefined) }
    lookups.set(key, begun)
    void Promise.allSettled(asked).then(() => lookups.delete(key))
    begun.found = await begun.answer
    return begun.found
  }

  async function ask(url: string, key: string): Promise<string> {
    const told = await peers.ask(url, `/get_data/${encodeURIComponent(key)}`)
    if (told?.value === undefined) throw new ShoalError('NOT_FOUND')
    return JSON.stringify({ value: told.value })
  }

  return { read, store, lookup }
}
