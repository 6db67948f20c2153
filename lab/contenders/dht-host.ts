import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { ConnectionEncrypter, Libp2p, PrivateKey, SecureConnectionOptions } from '@libp2p/interface'
import { memory } from '@libp2p/memory'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { Dht, kadService, PEER_STORE_AGES } from '../../src/fabric/dht/dht.ts'
import { libp2pLogger } from '../../src/fabric/no-log.ts'
import { labLogger } from '../logger.ts'
import type { LabClock } from '../sim/clock.ts'
import type { KadWire } from './kad-wire.ts'

/** PKCS#8 in front of an Ed25519 key of 32 bytes (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The key of node `index` in the world of `seed`: libp2p wants a real one. */
export function labKey(seed: number, index: number): PrivateKey {
  const secret = createHash('sha256').update(`lab ${seed} ${index}`).digest()
  const key = createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  return privateKeyFromRaw(Buffer.concat([secret, Buffer.from(x!, 'base64url')]))
}

export const keyPeerId = (key: PrivateKey): string => peerIdFromPrivateKey(key).toString()

/** Where a host listens: libp2p's memory. */
export const memoryAddress = (peerId: string): Multiaddr => multiaddr(`/memory/${peerId}/p2p/${peerId}`)

/** Encrypts nothing and believes who the other side is: its PeerId stands in its memory address. */
const trusting = (): ConnectionEncrypter => {
  const secure = async <S>(connection: S, { remotePeer }: SecureConnectionOptions = {}) => {
    if (!remotePeer) throw new Error('A memory address without a PeerId came.')
    return { connection, remotePeer }
  }
  return { protocol: '/lab/trust', secureInbound: secure, secureOutbound: secure }
}

/** A running libp2p host with its DHT. */
export interface LabDhtHost {
  readonly dht: Dht
  readonly libp2p: Libp2p
  stop(): Promise<void>
}

export interface LabDhtHostSetup {
  readonly key: PrivateKey
  readonly wire: KadWire
  readonly clock: LabClock
}

/** Starts a host of real js-libp2p; only encryption is left out, and the network is memory. All servers of the DHT. */
export async function startLabDhtHost({ key, wire, clock }: LabDhtHostSetup): Promise<LabDhtHost> {
  const peerId = keyPeerId(key)
  const libp2p = await createLibp2p({
    privateKey: key,
    ...libp2pLogger(),
    addresses: { listen: [`/memory/${peerId}`] },
    transports: [memory()],
    connectionEncrypters: [trusting],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 10_000, maxIncomingPendingConnections: 10_000 },
    connectionMonitor: { enabled: false },
    peerStore: PEER_STORE_AGES,
    services: { identify: identify(), ping: ping(), dht: wire.around(kadService({ server: true })) },
  })
  const dialProtocol: Libp2p['dialProtocol'] = (target, protocol, options) =>
    wire.opened(target, libp2p, () => libp2p.dialProtocol(target, protocol, options))
  const onWire = new Proxy(libp2p, {
    get(of, name) {
      if (name === 'dialProtocol') return dialProtocol
      const value: unknown = Reflect.get(of, name)
      return typeof value === 'function' ? value.bind(of) : value
    },
  })
  const dht = new Dht({ libp2p: onWire, log: labLogger, clock })
  return {
    dht,
    libp2p,
    async stop() {
      dht.stop()
      await libp2p.stop()
    },
  }
}
