import type { NeighbourService } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { ServiceImpl } from '../../link/rpc.ts'
import type { GrpcNeighbourTransport } from './grpc-transport.ts'
import type { Membership } from './membership.ts'

/** What a node answers to other nodes' calls about peers. */
export function neighbourServiceImpl(
  membership: Pick<Membership, 'handlers'>,
  transport: Pick<GrpcNeighbourTransport, 'connectHandler'>,
): ServiceImpl<typeof NeighbourService> {
  return { ...membership.handlers, connect: transport.connectHandler }
}
