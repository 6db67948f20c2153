import { ZoneService } from '../../contract/gen/shoal/v1/zone_pb.ts'
import { verify } from '../../link/identity.ts'
import { VerifyingPageReader } from '../zone/page-reader.ts'
import { ZoneLocator } from '../zone-locator.ts'
import { type ServerlessNode, startServerlessNode } from './serverless-node.ts'

export type ZoneNode = ServerlessNode<ZoneLocator>

/** Starts a node with nothing but a membership and a zone locator. */
export function startZoneNode(seeds: readonly string[]): Promise<ZoneNode> {
  return startServerlessNode(seeds, ({ common, identity, membership, reader, links, server, source }) => {
    const locator = new ZoneLocator({
      ...common,
      ...{ membership, signer: identity, recordReader: reader, source, links },
      pageReader: new VerifyingPageReader(verify),
      options: {
        ...{ settleMs: 5, retryMs: 50, gossipMs: 5, recordGossipMs: 20 },
        ...{ syncMs: 200, firstSyncMs: 50 },
      },
    })
    server.addService(ZoneService, locator.service)
    return {
      locator,
      async share({ added, removed }) {
        await locator.withdraw(removed)
        await locator.announce(added)
      },
    }
  })
}
