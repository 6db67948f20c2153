import { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import type { Libp2p, PeerId } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import { until } from '../../../../test/support/until.ts'
import { type Clock, systemClock } from '../../../base/clock.ts'
import { silentLogger } from '../../../base/log.ts'
import { systemRandom } from '../../../base/random.ts'
import { MIB } from '../../../base/units.ts'
import { RelayDealings } from '../dealings.ts'
import { type RelayNotices, relayNotices } from '../notices.ts'
import { type RelayReservations, relayReservations } from '../reservations.ts'
import { type Relay, type RelaySetup, relayService } from '../service.ts'
import { shoalRelayTransport } from '../transport.ts'

/** Hosts on 127.0.0.1 with what the fabric gives them, and nothing else; those of one test end together. */
export class Hosts implements AsyncDisposable {
  readonly #hosts: { stop(): unknown }[] = []

  /** A relay. With `key` and `port` it is one that was there before. */
  async relay(
    setup: Partial<RelaySetup> & { privateKey?: Libp2pOptions['privateKey']; port?: number } = {},
  ): Promise<Libp2p<{ relay: Relay }>> {
    const { privateKey, port = 0, clock = systemClock, log = silentLogger, options } = setup
    return this.#add(
      await createLibp2p({
        ...common(),
        ...(privateKey && { privateKey }),
        addresses: { listen: [`/ip4/127.0.0.1/tcp/${port}`] },
        services: { identify: identify(), relay: relayService({ clock, log, ...(options && { options }) }) },
      } as Libp2pOptions<{ relay: Relay }>),
    )
  }

  /** A host without any service. */
  async bare(maxWindowBytes = 8 * MIB): Promise<Libp2p> {
    return this.#add(
      await createLibp2p({ ...common(maxWindowBytes), addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] } }),
    )
  }

  /** A host that becomes a relay only when `late.relay` is started. */
  async lateRelay(): Promise<Libp2p<{ late: { relay: Relay } }>> {
    const setup = { clock: systemClock, log: silentLogger }
    return this.#add(
      await createLibp2p({
        ...common(),
        addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
        services: {
          identify: identify(),
          late: (components: Parameters<ReturnType<typeof relayService>>[0]) => ({
            relay: relayService(setup)(components),
          }),
        },
      } as Libp2pOptions<{ late: { relay: Relay } }>),
    )
  }

  /** A node that listens on no address of its own: others reach it through relays only. */
  async client({ clock = systemClock, plain = false, services = {} }: ClientSetup = {}): Promise<Client> {
    const dealings = new RelayDealings(clock)
    const config = common()
    const host = await createLibp2p({
      ...config,
      addresses: { listen: [] },
      transports: [
        ...(config.transports ?? []),
        plain ? circuitRelayTransport() : shoalRelayTransport({ dealings }),
      ],
      services: {
        identify: identify(),
        notices: relayNotices({ dealings, clock, log: silentLogger }),
        reservations: relayReservations({ clock, random: systemRandom, log: silentLogger }),
        ...services,
      },
    } as Libp2pOptions<Client['services']>)
    return this.#add(host)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.stop()))
  }

  #add<T extends { stop(): unknown }>(host: T): T {
    this.#hosts.push(host)
    return host
  }
}

interface ClientSetup {
  clock?: Clock
  /** With libp2p's own relay transport. */
  plain?: boolean
  /** Further ones. */
  services?: Record<string, unknown>
}

export type Client = Libp2p<{ notices: RelayNotices; reservations: RelayReservations }>

/** As the fabric has it: windows that grow to 8 MiB, and room for them in a paused stream. */
function common(maxStreamWindowSize = 8 * MIB): Libp2pOptions {
  return {
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize, maxReadBufferLength: 9 * MIB } })],
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: { inboundConnectionThreshold: 1000, maxIncomingPendingConnections: 1000 },
  }
}

/** Waits until `client` can be reached through a relay at `relay`. */
export async function reserve(client: Client, relay: Pick<Libp2p, 'getMultiaddrs'>): Promise<void> {
  const { reservations } = client.services
  reservations.prefer(relay.getMultiaddrs())
  reservations.want(true)
  await until('a reservation', () => reservations.relays.length > 0 || undefined)
}

/** The address under which `target` is reached through `relay`. */
export function through(relay: Pick<Libp2p, 'getMultiaddrs'>, target: { peerId: PeerId }): Multiaddr {
  const [address] = relay.getMultiaddrs()
  return multiaddr(`${address}/p2p-circuit/p2p/${target.peerId}`)
}
