import { randomUUID } from 'node:crypto'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { memory } from '@libp2p/memory'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { sleep, systemClock } from '../../../base/clock.ts'
import { silentLogger } from '../../../base/log.ts'
import { Dht, type DhtOptions, PEER_STORE_AGES } from '../dht.ts'
import { type KadServiceOptions, kadService } from '../kad-service.ts'

/** A libp2p host with nothing but a DHT, on a network in memory. */
export interface DhtHost {
  readonly peerId: string
  readonly libp2p: Libp2p
  readonly dht: Dht
  /** Where others dial it. */
  readonly address: string
  stop(): Promise<void>
}

export interface DhtHostSetup {
  readonly privateKey?: PrivateKey
  readonly service?: KadServiceOptions
  readonly options?: Partial<DhtOptions>
  /** Listens nowhere: a node that nobody can call. */
  readonly deaf?: boolean
  /** Told to others instead of where it listens. */
  readonly announce?: string[]
}

/** Soon with everything but with giving up: the machine may be busy. */
const HASTY = { suspectMs: 50, acquaintMs: 50, acquaintEveryMs: 200, exchangeMs: 8_000 }

/** Starts one; it knows nobody. */
export async function startDhtHost(setup: DhtHostSetup = {}): Promise<DhtHost> {
  const libp2p = await createLibp2p({
    ...(setup.privateKey && { privateKey: setup.privateKey }),
    addresses: {
      listen: setup.deaf ? [] : [`/memory/${randomUUID()}`],
      ...(setup.announce && { announce: setup.announce }),
    },
    transports: [memory()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionManager: { inboundConnectionThreshold: 1_000, maxIncomingPendingConnections: 1_000 },
    connectionMonitor: { enabled: false },
    peerStore: PEER_STORE_AGES,
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadService({ server: true, selfQueryMs: 20, ...setup.service }),
    },
  })
  const dht = new Dht({
    libp2p,
    log: silentLogger,
    options: { ...HASTY, ...setup.options },
  })
  return {
    ...{ peerId: libp2p.peerId.toString(), libp2p, dht },
    address: libp2p.getMultiaddrs()[0]?.toString() ?? '',
    async stop() {
      dht.stop()
      await libp2p.stop()
    },
  }
}

/** Lets a host know the network through another. */
export async function joinDht(host: DhtHost, through: DhtHost): Promise<void> {
  await host.libp2p.dial(multiaddr(through.address))
}

/** `count` hosts that joined one after the other, each through one before it, and know one another. */
export async function startDhtNetwork(count: number, setup: DhtHostSetup = {}): Promise<DhtHost[]> {
  const hosts: DhtHost[] = []
  try {
    for (let i = 0; i < count; i++) {
      const host = await startDhtHost(setup)
      hosts.push(host)
      if (i > 0) await joinDht(host, hosts[(i * 7) % i]!)
    }
    const most = Math.min(count - 1, 15)
    await until(() => hosts.every(({ dht }) => dht.size() >= most), 'the hosts do not know one another')
    return hosts
  } catch (error) {
    await Promise.all(hosts.map((host) => host.stop()))
    throw error
  }
}

const PATIENCE_MS = 90_000

/** Waits until `done`; fails with `what` when that takes far longer than it can on a busy machine. */
export async function until(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + PATIENCE_MS
  while (!(await done())) {
    if (performance.now() > end) throw new Error(what)
    await sleep(systemClock, 10)
  }
}
