import type { NodeDialects, NodeDialectsSetup } from './dialects.ts'

/** The dialects of a node; undefined without any. Their code is loaded only where some are spoken. */
export async function openDialects(setup: NodeDialectsSetup): Promise<NodeDialects | undefined> {
  if (setup.specs.length === 0) return undefined
  const { NodeDialects } = await import('./dialects.ts')
  return new NodeDialects(setup)
}
