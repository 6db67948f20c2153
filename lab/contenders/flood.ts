import { FloodLocator } from '../../src/discovery/flood-locator.ts'
import type { Contender, ContenderSetup, NodeParts, NodeSite } from '../contender.ts'
import { labLogger } from '../logger.ts'
import { watchDuplicates } from './duplicates.ts'
import { labMembership, recordReader } from './peers.ts'
import { serverlessParts } from './serverless.ts'
import { acquaint } from './warm.ts'

/** Queries that go from neighbour to neighbour. */
export function floodContender({ spec, clock, random }: ContenderSetup): Contender {
  const equip = (site: NodeSite): NodeParts => {
    const { library } = site
    const membership = labMembership(site, clock)
    const watch = watchDuplicates(membership, library)
    const locator = new FloodLocator({
      ...{ ...watch.parts, source: library, clock, random: site.random },
      ...{ reader: recordReader, log: labLogger, options: spec.flood ?? {} },
    })
    return serverlessParts(membership, locator, () => watch.duplicates)
  }
  const searchKinds = ['Connect:query', 'Connect:answer', 'Connect:cancel']
  const warm = (nodes: readonly NodeParts[]) =>
    acquaint(
      nodes.map(({ membership }) => membership!),
      random,
    )
  // Filters of what nodes hold go round while they find neighbours; nothing has to be there before.
  const settle = () => {}
  return { name: 'flood', searchKinds, servers: [], equip, warm, settle, close: async () => {} }
}
