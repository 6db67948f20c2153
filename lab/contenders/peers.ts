import { NeighbourService } from '../../src/contract/gen/shoal/v1/neighbour_pb.ts'
import { Membership } from '../../src/discovery/membership/membership.ts'
import { type RecordReader, VerifyingReader } from '../../src/discovery/membership/peer-record.ts'
import type { NodeSite } from '../contender.ts'
import { labSigner, labVerify } from '../identity.ts'
import { labLogger } from '../logger.ts'
import type { LabClock } from '../sim/clock.ts'
import { memoizing } from './memo.ts'

/** Shared by all nodes of a process. */
export const recordReader: RecordReader = memoizing(new VerifyingReader(labVerify, 1))

/** The node's membership in a network without a server, which its host answers for. */
export function labMembership(site: NodeSite, clock: LabClock): Membership {
  const { peerId, name, host, random, seeds } = site
  const self = { name, addresses: [host.address] }
  const membership = new Membership({
    ...{ clock, random, seeds, log: labLogger, reader: recordReader },
    ...{ links: host.links, transport: host.transport },
    signer: labSigner(peerId),
    self: () => self,
  })
  host.serve(NeighbourService, membership.handlers)
  return membership
}
