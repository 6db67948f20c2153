import type { DialTarget, Libp2p, Stream } from '@libp2p/interface'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import { peerIdFromString } from '@libp2p/peer-id'
import { readVarint } from '../../src/fabric/dht/message.ts'
import type { SimHost } from '../sim/host.ts'

/** Kinds of messages, as the network counts them. */
const KINDS = ['PUT_VALUE', 'GET_VALUE', 'ADD_PROVIDER', 'GET_PROVIDERS', 'FIND_NODE', 'PING']
/** The message's type is its first field; without it, it is the first kind. */
const TYPE_TAG = 8

/** Round trips before the first message on a stream: one to agree on the protocol, and with a new connection those of TCP, Noise and Yamux. */
const STREAM_TRIPS = 1
const CONNECTION_TRIPS = 3

export const kadKind = (type: number): string => `kad ${KINDS[type] ?? type}`
/** Whether a contact lives, asked in a protocol of its own before it comes into a routing table. */
export const CONTACT_PING = 'libp2p ping'

type Connections = Pick<Libp2p, 'getConnections'>

/**
 * Puts a libp2p host onto the laboratory's network. libp2p talks in memory, in no time; what is on the streams of its DHT is counted here,
 * message by message, and is as late as the network would have it.
 */
export class KadWire {
  readonly #here: SimHost
  readonly #hostOf: (peerId: string) => SimHost | undefined

  constructor(here: SimHost, hostOf: (peerId: string) => SimHost | undefined) {
    this.#here = here
    this.#hostOf = hostOf
  }

  /** A service whose streams go over this wire. */
  around(service: (components: KadDHTComponents) => KadDHT): (components: KadDHTComponents) => KadDHT {
    return (components) => {
      const { registrar, connectionManager, ping } = components
      const handle: typeof registrar.handle = (protocol, handler, options) =>
        registrar.handle(
          protocol,
          (stream, connection) => handler(this.#tap(stream, connection.remotePeer.toString()), connection),
          options,
        )
      const openStream: typeof connectionManager.openStream = (peer, protocol, options) =>
        this.opened(peer, connectionManager, () => connectionManager.openStream(peer, protocol, options))
      const pinging: typeof ping.ping = async (peer, options) => {
        const remote = this.#hostOf(String(peer))
        for (const [from, to] of [
          [this.#here, remote],
          [remote, this.#here],
        ] as const)
          this.#note(CONTACT_PING, from, to)
        return ping.ping(peer, options)
      }
      return service(
        Object.create(components, {
          registrar: { value: over(registrar, { handle }) },
          connectionManager: { value: over(connectionManager, { openStream }) },
          ping: { value: over(ping, { ping: pinging }) },
        }),
      )
    }
  }

  /** A stream that `open` opens, as late as it would be. */
  async opened(target: DialTarget, connections: Connections, open: () => Promise<Stream>): Promise<Stream> {
    const peer = peerIdIn(target)
    const isConnected = connections.getConnections(peerIdFromString(peer)).length > 0
    const stream = await open()
    const remote = this.#hostOf(peer)
    if (remote) {
      const trips = STREAM_TRIPS + (isConnected ? 0 : CONNECTION_TRIPS)
      await this.#here.network.clock.run(2 * trips * this.#here.network.delayMs(this.#here, remote))
    }
    return this.#tap(stream, peer)
  }

  /** What is sent on `stream` from now on is counted and delayed, in its order; its end comes after it. */
  #tap(stream: Stream, peer: string): Stream {
    const remote = this.#hostOf(peer)
    if (!remote) return stream
    const { network } = this.#here
    const send = stream.send.bind(stream)
    const close = stream.close.bind(stream)
    let lastMs = 0
    const later = () => {
      const now = network.clock.monotonic()
      lastMs = Math.max(now + network.delayMs(this.#here, remote), lastMs)
      return lastMs - now
    }
    stream.send = (data) => {
      const bytes = data.subarray()
      for (const type of typesOf(bytes)) this.#note(kadKind(type), this.#here, remote)
      network.clock.schedule(() => {
        if (stream.writeStatus === 'writable' && this.#here.isAlive && remote.isAlive) send(bytes)
      }, later())
      return true
    }
    stream.close = async (options) => {
      await network.clock.run(Math.max(0, lastMs - network.clock.monotonic()))
      await close(options)
    }
    return stream
  }

  #note(kind: string, from: SimHost | undefined, to: SimHost | undefined): void {
    if (!from || !to) return
    from.sent++
    to.received++
    this.#here.network.count(kind)
  }
}

/** The PeerId at the end of what is dialled. */
function peerIdIn(target: DialTarget): string {
  const first = Array.isArray(target) ? target[0] : target
  return String(first).split('/').at(-1)!
}

/** The types of the messages in `bytes`, which begins and ends with whole ones. */
function* typesOf(bytes: Uint8Array): Generator<number> {
  for (let at = 0; at < bytes.length; ) {
    const size = readVarint(bytes, at)
    if (!size) return
    yield bytes[size.end] === TYPE_TAG ? bytes[size.end + 1]! : 0
    at = size.end + size.value
  }
}

/** `target` with some methods replaced, the others bound to it. */
function over<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(of, name) {
      const replaced: unknown = Reflect.get(methods, name)
      const value: unknown = replaced ?? Reflect.get(of, name)
      return typeof value === 'function' && !replaced ? value.bind(of) : value
    },
  })
}
