import { systemClock } from '../../../base/clock.ts'
import { silentLogger } from '../../../base/log.ts'
import { systemRandom } from '../../../base/random.ts'
import { NeighbourService } from '../../../contract/gen/shoal/v1/neighbour_pb.ts'
import { createIdentity, verify } from '../../../link/identity.ts'
import { LinkPool } from '../../../link/pool.ts'
import { LinkServer } from '../../../link/server.ts'
import { GrpcNeighbourTransport } from '../grpc-transport.ts'
import { Membership } from '../membership.ts'
import type { MembershipOptions } from '../options.ts'
import { VerifyingReader } from '../peer-record.ts'
import { neighbourServiceImpl } from '../service.ts'

/** A node with nothing but a membership, on real links. */
export interface RealNode {
  readonly peerId: string
  readonly address: string
  readonly membership: Membership
  /** Ends its links without a word. */
  kill(): Promise<void>
  close(): Promise<void>
}

/** Starts one on 127.0.0.1 at any free port. */
export async function startRealNode(
  seeds: readonly RealNode[],
  options: Partial<MembershipOptions> = {},
): Promise<RealNode> {
  const identity = createIdentity()
  const common = { clock: systemClock, random: systemRandom, log: silentLogger }
  const pool = new LinkPool({ ...common, identity })
  const server = new LinkServer({ ...common, identity, host: '127.0.0.1', port: 0 })
  const transport = new GrpcNeighbourTransport({ links: pool, log: silentLogger })
  const addresses: string[] = []
  const membership = new Membership({
    ...common,
    signer: identity,
    reader: new VerifyingReader(verify),
    self: () => ({ name: 'real', addresses }),
    links: pool,
    transport,
    seeds: () => seeds.map(({ address }) => ({ addresses: [address] })),
    options,
  })
  server.addService(NeighbourService, neighbourServiceImpl(membership, transport))
  const { host, port } = await server.start()
  addresses.push(`${host}:${port}`)
  membership.start()
  const kill = async () => {
    await Promise.all([pool.close(), server.stop({ graceMs: 0 })])
  }
  return {
    ...{ peerId: identity.peerId, address: addresses[0]!, membership, kill },
    async close() {
      await membership.stop()
      await kill()
    },
  }
}
