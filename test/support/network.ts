import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ShoalProcess } from './process.ts'
import type { World } from './shoal.ts'

/** What each node shares, as a word of its name; `tide` is in all names. */
const KINDS = ['harbour', 'lagoon']

export interface SharedFile {
  readonly name: string
  /** In this file's name only. */
  readonly word: string
  readonly sha256: string
}

export interface SharingNode {
  readonly name: string
  readonly peerId: string
  readonly process: ShoalProcess
  /** The shared folder. */
  readonly share: string
  readonly files: readonly SharedFile[]
}

export interface ChainOptions {
  index?: string[]
  args?: string[]
  /** Each node is told of the one before. Default: true. */
  isChained?: boolean
}

/** Nodes one after the other, each told of the one before it only, each with two files of its own. */
export async function startChain(
  world: World,
  count: number,
  { index = [], args = [], isChained = true }: ChainOptions = {},
): Promise<SharingNode[]> {
  const nodes: SharingNode[] = []
  for (let i = 0; i < count; i++) {
    const share = world.folder(`share-${i}`)
    const files = KINDS.map((kind) => {
      const word = `${kind}${i}`
      const content = `The ${word}.\n`.repeat(100)
      writeFileSync(join(share, `tide of ${word}.txt`), content)
      return { word, name: `tide of ${word}.txt`, sha256: createHash('sha256').update(content).digest('hex') }
    })
    const before = nodes.at(-1)
    const peer = isChained && before ? ['--peer', before.process.ready.grpc] : []
    const name = `node-${i}`
    const process = await world.startNode({ name, shares: [share], index, args: [...args, ...peer] })
    nodes.push({ name, peerId: process.ready.peerId, process, share, files })
  }
  return nodes
}

/**
 * A search over the node's HTTP API: names of what was found, the PeerIds of all who have it, and whether somebody did not answer:
 * neighbours take only so many searches a second.
 */
export async function findAll(
  { process }: SharingNode,
  words: string,
  via: string,
): Promise<{ names: Set<string>; providers: Set<string>; isPartial: boolean; ms: number }> {
  const query = new URLSearchParams({ q: words, via, timeoutMs: '8000' })
  const startMs = performance.now()
  const answer = await fetch(`${process.ready.http}/api/v1/search?${query}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`search via ${via}: ${text}`)
  const names = new Set<string>()
  const providers = new Set<string>()
  let isPartial = false
  for (const line of text.split('\n').filter(Boolean)) {
    const event = JSON.parse(line) as { event: string; name: string; providers?: { peerId: string }[] }
    if (event.event === 'hit') names.add(event.name)
    if (event.event === 'done') isPartial = text.includes('"stopped":"partial"')
    for (const { peerId } of event.providers ?? []) providers.add(peerId)
  }
  return { names, providers, isPartial, ms: performance.now() - startMs }
}
