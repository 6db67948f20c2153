import { ZoneService } from '../../src/contract/gen/shoal/v1/zone_pb.ts'
import { VerifyingPageReader } from '../../src/discovery/zone/page-reader.ts'
import { ZoneLocator } from '../../src/discovery/zone-locator.ts'
import type { Contender, ContenderSetup, NodeParts, NodeSite } from '../contender.ts'
import { labSigner, labVerify } from '../identity.ts'
import { labLogger } from '../logger.ts'
import { memoizing } from './memo.ts'
import { labMembership, recordReader } from './peers.ts'
import { serverlessParts } from './serverless.ts'
import { settlePages, type ZoneNode } from './settle.ts'
import { acquaint } from './warm.ts'

/** Zones alone, without the flood that stands behind them in a real node. */
export function zoneContender({ clock, random }: ContenderSetup): Contender {
  const zoneNodes = new Map<NodeParts, ZoneNode>()
  const pageReader = memoizing(new VerifyingPageReader(labVerify))
  const equip = (site: NodeSite): NodeParts => {
    const { library, host, peerId } = site
    const membership = labMembership(site, clock)
    const locator = new ZoneLocator({
      ...{ membership, clock, random: site.random, pageReader, recordReader, log: labLogger },
      ...{ source: library, links: host.links, signer: labSigner(peerId) },
    })
    host.serve(ZoneService, locator.service)
    const parts = serverlessParts(membership, locator, () => 0)
    zoneNodes.set(parts, { membership, locator })
    return parts
  }
  const warm = (nodes: readonly NodeParts[]) =>
    acquaint(
      nodes.map(({ membership }) => membership!),
      random,
    )
  const settle = (nodes: readonly NodeParts[]) => settlePages(nodes.map((node) => zoneNodes.get(node)!))
  return { name: 'zone', searchKinds: ['Search'], servers: [], equip, warm, settle, close: async () => {} }
}
