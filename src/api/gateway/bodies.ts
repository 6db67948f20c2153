import { ShoalError } from '../../base/errors.ts'
import { abortable, linkSignals } from '../../base/signals.ts'
import { carBlockHead, carHeader } from '../../content/car.ts'
import { BLOCK_SIZE, cidToBytes } from '../../content/cid.ts'
import { walkFolder } from '../../content/folder-walk.ts'
import { type BlockSpan, blockCount, blocksOfRange } from '../../content/layout.ts'
import type { ByteRange } from '../../content/verify.ts'
import type { OpenFile } from '../content-port.ts'
import type { Lease, OpenContents } from './open-contents.ts'
import type { Resolved } from './resolve.ts'

/** Blocks that a CAR without repetitions remembers: 256 GiB of files; each takes some 100 bytes. Who wants more asks with `dups=y`. */
const MAX_REMEMBERED = 262_144

export type Scope = 'block' | 'entity' | 'all'

export interface CarPlan {
  readonly scope: Scope
  /** Bytes of the file that are wanted; the blocks that prove them are sent. */
  readonly range: ByteRange | undefined
  readonly dups: boolean
}

/** The bytes of a range, block by block; the next block is read while one is sent. */
export async function* fileBytes(
  file: OpenFile,
  range: ByteRange,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const span = blocksOfRange(file.layout, range.offset, range.length)
  using reading = linkSignals(signal)
  try {
    file.hint(range, reading.signal)
    for await (const { index, bytes } of readBlocks(file, span, reading.signal)) {
      const start = index * BLOCK_SIZE
      const from = Math.max(0, range.offset - start)
      yield bytes.subarray(from, Math.min(bytes.length, range.offset + range.length - start))
    }
  } finally {
    reading.abort()
  }
}

async function* readBlocks(file: OpenFile, { first, end }: BlockSpan, signal: AbortSignal) {
  const read = (index: number) => {
    const block = abortable(file.readBlock(index, signal), signal)
    // It may fail before anybody asks for it; whoever asks hears of it.
    block.catch(() => undefined)
    return block
  }
  let ahead = first < end ? read(first) : undefined
  for (let index = first; ahead; index++) {
    const bytes = await ahead
    ahead = index + 1 < end ? read(index + 1) : undefined
    yield { index, bytes }
  }
}

/** The CAR of what was resolved: the nodes of the path, then of its end what the plan says, depth first. */
export async function* carBytes(
  resolved: Resolved,
  plan: CarPlan,
  { contents, signal }: { contents: OpenContents; signal: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const sent = plan.dups ? undefined : new Set<string>()
  yield carHeader(cidToBytes(resolved.cid))
  for await (const { cid, bytes } of carBlocks()) {
    if (sent?.has(cid)) continue
    if (sent && sent.size >= MAX_REMEMBERED)
      throw new ShoalError(
        'TOO_LARGE',
        'This CAR has too many blocks to leave out those that repeat; ask with car-dups=y.',
      )
    sent?.add(cid)
    const block = await bytes()
    yield carBlockHead(cid, block.length)
    yield block
  }

  async function* carBlocks(): AsyncGenerator<CarBlock> {
    for (const node of resolved.trail) yield { cid: node.cid, bytes: () => node.bytes }
    yield* below(resolved.lease, resolved.cid, spanOf(resolved.lease, plan))
  }

  async function* below(lease: Lease, cid: string, span?: BlockSpan): AsyncGenerator<CarBlock> {
    if (lease.kind === 'file') {
      yield* fileBlocks(lease, span)
      return
    }
    const getNode = (each: string) => lease.folder.node(each)
    for (const step of walkFolder(cid, getNode, { deep: plan.scope === 'all' })) {
      signal.throwIfAborted()
      if ('node' in step) yield { cid: step.node.cid, bytes: () => step.node.bytes }
      if (plan.scope === 'block') return
      if (plan.scope === 'entity' || !('link' in step)) continue
      using child = await contents.lease(step.link.cid, { signal, within: resolved.roots })
      yield* below(child, step.link.cid)
    }
  }

  async function* fileBlocks(
    { file, dag }: Lease & { kind: 'file' },
    span?: BlockSpan,
  ): AsyncGenerator<CarBlock> {
    const blocks = span ?? { first: 0, end: blockCount(file.layout) }
    using reading = linkSignals(signal)
    try {
      if (blocks.first < blocks.end) file.hint(bytesOf(file, blocks), reading.signal)
      for await (const step of dag.walk(blocks)) {
        const bytes =
          'bytes' in step
            ? () => step.bytes
            : () => abortable(file.readBlock(step.index, reading.signal), reading.signal)
        yield { cid: step.cid, bytes }
      }
    } finally {
      reading.abort()
    }
  }
}

interface CarBlock {
  readonly cid: string
  /** Not asked for when it is left out. */
  readonly bytes: () => Promise<Uint8Array> | Uint8Array
}

/** The one block that a CID is the hash of. */
export async function blockOf({ lease, cid }: Resolved, signal: AbortSignal): Promise<Uint8Array> {
  if (lease.kind === 'file')
    return (await lease.dag.root()) ?? abortable(lease.file.readBlock(0, signal), signal)
  const node = lease.folder.node(cid)
  if (node) return node
  throw new ShoalError('NOT_FOUND', `There is no ${cid} any more.`)
}

function spanOf(lease: Lease, { scope, range }: CarPlan): BlockSpan | undefined {
  if (scope === 'block') return { first: 0, end: 0 }
  return lease.kind === 'file' && range
    ? blocksOfRange(lease.file.layout, range.offset, range.length)
    : undefined
}

function bytesOf({ layout: { sizeBytes } }: OpenFile, { first, end }: BlockSpan): ByteRange {
  const offset = first * BLOCK_SIZE
  return { offset, length: Math.min(end * BLOCK_SIZE, sizeBytes) - offset }
}
