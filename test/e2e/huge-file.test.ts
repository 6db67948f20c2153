import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync, readdirSync, statSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, suite, test } from 'node:test'
import { decode } from '@ipld/dag-pb'
import { MemoryWatch } from '../support/memory.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld, type World } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB
/** 64 with SHOAL_E2E_BIG=1: hashing that many takes minutes. Either has two levels of manifest nodes. */
const SIZE = (process.env.SHOAL_E2E_BIG === '1' ? 64 : 3) * GIB
const RANGE_BYTES = 200 * MIB

/** What is not zero, by where it begins: a range that came from elsewhere would not have it. */
const MARKS: readonly (readonly [offset: number, bytes: Buffer])[] = [
  [0, randomBytes(MIB)],
  [5 * MIB + 77, randomBytes(3)],
  // Over the border of two blocks, which is that of two manifest nodes, too.
  [SIZE - GIB - 1000, randomBytes(2000)],
  [SIZE / 2 + 12_345 + 3 * MIB, randomBytes(2 * MIB + 1)],
  [SIZE - RANGE_BYTES + 1, randomBytes(10)],
  [SIZE - 777, randomBytes(777)],
]

/** The file's bytes from an offset. */
function bytesAt(from: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (const [offset, mark] of MARKS) {
    const start = Math.max(offset, from)
    const end = Math.min(offset + mark.length, from + length)
    if (start < end) mark.copy(bytes, start - from, start - offset, end - offset)
  }
  return bytes
}

function writeSparse(path: string): void {
  const file = openSync(path, 'w')
  try {
    for (const [offset, mark] of MARKS) writeSync(file, mark, 0, mark.length, offset)
  } finally {
    closeSync(file)
  }
  truncateSync(path, SIZE)
}

/** Bytes that a file or folder takes on the disk. */
function diskBytes(folder: string): number {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

const mib = (bytes: number) => `${(bytes / MIB).toFixed(1)} MiB`

suite(`a file of ${SIZE / GIB} GiB`, () => {
  let world: World
  let source: ShoalProcess
  let reader: ShoalProcess
  let cid = ''

  before(async () => {
    world = newWorld()
    const index = await world.startIndex()
    const options = { index: [index.ready.grpc] }
    source = await world.startNode({ name: 'source', ...options })
    reader = await world.startNode({ name: 'reader', ...options })
    writeSparse(join(world.folder('share'), 'huge sparse image.img'))
  })
  after(() => world[Symbol.asyncDispose]())

  test('is hashed and found by words from another node', async (t) => {
    using memory = new MemoryWatch(source.pid)
    const beganMs = performance.now()
    const { code, stderr, lines } = await world.shoal(['add', 'share', '--json'], source)
    assert.equal(code, 0, stderr)
    const seconds = (performance.now() - beganMs) / 1000
    const { startBytes, grownBytes } = memory.lap()
    t.diagnostic(`hashed in ${seconds.toFixed(1)} s, ${(SIZE / 1e6 / seconds).toFixed(0)} MB/s`)
    t.diagnostic(`memory of the node: ${mib(startBytes)}, and ${mib(grownBytes)} more while it hashed`)
    t.diagnostic(`its data folder: ${mib(diskBytes(source.data))}`)
    cid = String(lines.find(({ name }) => name === 'huge sparse image.img')?.cid)
    await until('it is found', async () => {
      const found = await world.shoal(['search', 'huge', 'image', '--json'], reader)
      return found.lines.some((line) => line.cid === cid && line.size === SIZE) || undefined
    })
  })

  test('three ranges of it come through the gateway of a node that does not have it, with little memory', async (t) => {
    using atReader = new MemoryWatch(reader.pid)
    using atSource = new MemoryWatch(source.pid)
    const url = `${reader.ready.http}/ipfs/${cid}`
    const firstMs: number[] = []
    const fetchRange = async (from: number, length: number) => {
      const beganMs = performance.now()
      const headers = { range: `bytes=${from}-${from + length - 1}` }
      const answer = await fetch(url, { headers })
      assert.equal(answer.status, 206)
      assert.equal(answer.headers.get('content-range'), `bytes ${from}-${from + length - 1}/${SIZE}`)
      let at = from
      for await (const chunk of answer.body!) {
        if (at === from) firstMs.push(Math.round(performance.now() - beganMs))
        assert.ok(bytesAt(at, chunk.length).equals(chunk), `bytes from ${at}`)
        at += chunk.length
      }
      assert.equal(at, from + length)
    }
    await fetchRange(SIZE - GIB - 2000, 4000)
    t.diagnostic(`first byte of the first range, with looking up and the manifest: ${firstMs[0]} ms`)
    await fetchRange(SIZE - GIB + 100, 10)
    t.diagnostic(`first byte of the next range: ${firstMs[1]} ms`)
    const beganMs = performance.now()
    const starts = [0, SIZE / 2 + 12_345, SIZE - RANGE_BYTES]
    await Promise.all(starts.map((from) => fetchRange(from, RANGE_BYTES)))
    const seconds = (performance.now() - beganMs) / 1000
    const rate = (3 * RANGE_BYTES) / 1e6 / seconds
    t.diagnostic(`three ranges of 200 MiB at once: ${seconds.toFixed(2)} s, ${rate.toFixed(0)} MB/s`)
    const grown = { reader: atReader.lap().grownBytes, source: atSource.lap().grownBytes }
    t.diagnostic(`memory grew by ${mib(grown.reader)} at the reader, ${mib(grown.source)} at the source`)
    assert.ok(grown.reader < 128 * MIB, `the reader grew by ${mib(grown.reader)}`)
    assert.ok(grown.source < 128 * MIB, `the source grew by ${mib(grown.source)}`)
  })

  test('its manifest, node by node', async (t) => {
    const node = async (each: string) => {
      const answer = await fetch(`${reader.ready.http}/ipfs/${each}?format=raw`)
      assert.equal(answer.status, 200)
      return new Uint8Array(await answer.arrayBuffer())
    }
    const root = await node(cid)
    const below = decode(root).Links.map(({ Hash }) => Hash.toString())
    let bytes = root.length
    let blocks = 0
    for (const each of below) {
      const inner = await node(each)
      bytes += inner.length
      blocks += decode(inner).Links.length
    }
    t.diagnostic(`manifest: ${below.length + 1} nodes, ${mib(bytes)}, for ${blocks} blocks`)
    assert.deepEqual([below.length, blocks], [SIZE / GIB, SIZE / MIB])
  })
})
