import assert from 'node:assert/strict'
import { test } from 'node:test'
import { create } from '@bufbuild/protobuf'
import { ManualClock } from '../../base/clock.ts'
import { Emitter } from '../../base/events.ts'
import { seededRandom } from '../../base/random.ts'
import { chainingValues, PART_BYTES } from '../../content/block-chain.ts'
import { cidOfDigest, cidToBytes, RAW } from '../../content/cid.ts'
import { sha256 } from '../../content/verify.ts'
import { GetBlocksRequestSchema } from '../../contract/gen/shoal/v1/peer_pb.ts'
import { Bitmap } from '../bitmap.ts'
import { BufferPool } from '../buffer-pool.ts'
import { TransferLimits } from '../limits/transfer-limits.ts'
import type { BlocksRequest, BlocksResponse } from '../line/channel.ts'
import { HEADROOM_BYTES } from '../line/giver-wire.ts'
import { DEFAULT_SERVE_OPTIONS, type ServeOptions } from '../options.ts'
import { BlockParts } from '../parts/block-parts.ts'
import { ComingBlocks } from '../parts/coming-blocks.ts'
import type { ServedFile } from '../served-file.ts'
import { UploadRules } from '../upload-rules.ts'
import { UploadSlots } from '../upload-slots.ts'
import { Giver } from './giver.ts'
import { Rendezvous } from './rendezvous.ts'
import { Spread } from './spread.ts'
import { UploadTurns } from './upload-turns.ts'

const cid = cidOfDigest(RAW, sha256(Uint8Array.of(1)))
const BLOCKS = 2000
const SIZE = 8

/** One line, its file's blocks filled with their index; what is said is noted, and data is taken at once unless `stuck`. */
function line(
  options: Partial<ServeOptions> & {
    stuck?: boolean
    partial?: boolean
    reading?: boolean
    /** Bytes of a block. */
    size?: number
    coming?: ComingBlocks
    spread?: Spread
  } = {},
) {
  const size = options.size ?? SIZE
  const said: unknown[] = []
  const added = new Emitter<number>()
  const has = options.partial ? new Bitmap(BLOCKS) : undefined
  let released = 0
  const file: ServedFile = {
    blockCount: BLOCKS,
    sizeBytes: BLOCKS * size,
    sizeOf: () => size,
    has,
    added: has && added,
    coming: options.coming,
    readInto: async (index, into) => {
      if (options.reading) await new Promise(() => {})
      if (index === 13) return undefined
      into.fill(index, 0, size)
      return size
    },
    release: () => {
      released++
    },
  }
  const serve = { ...DEFAULT_SERVE_OPTIONS, ...options }
  const clock = new ManualClock()
  const abort = new AbortController()
  const rules = new UploadRules(clock)
  const slots = new UploadSlots(serve, rules)
  const giver = new Giver({
    peerId: 'taker',
    wire: {
      send: (message) => void said.push(short(message)),
      sendPart: async ({ file: number, index, offset, buffer, length }) => {
        const start = HEADROOM_BYTES + offset
        said.push([number, 'block', index, [...new Set(buffer.subarray(start, start + length))]])
        if (options.stuck) await new Promise(() => {})
      },
      sendChained: async ({ file: number, index, offset, bytes }) => {
        said.push([number, 'part', index, offset, bytes.length])
      },
    },
    fileOf: () => file,
    slots,
    buffers: new BufferPool(),
    parts: new BlockParts(clock),
    gate: new TransferLimits(clock).upload({ peerId: 'taker', isLan: true }),
    clock,
    rendezvous: new Rendezvous(seededRandom(1)),
    spread: options.spread ?? new Spread(seededRandom(1)),
    turns: new UploadTurns(clock),
    options: serve,
    signal: abort.signal,
  })
  const say = (request: BlocksRequest) => giver.take(create(GetBlocksRequestSchema, request))
  return {
    said,
    giver,
    slots,
    rules,
    clock,
    run: giver.run(),
    added: (index: number) => {
      has!.add(index)
      added.emit(index)
    },
    released: () => released,
    open: (number = 1) => say({ file: number, request: { case: 'open', value: { cid: cidToBytes(cid) } } }),
    want: (indices: number[], number = 1) =>
      say({ file: number, request: { case: 'want', value: { indices } } }),
    wantParts: (...blocks: [index: number, end: number][]) =>
      say({
        file: 1,
        request: { case: 'wantParts', value: { blocks: blocks.map(([index, end]) => ({ index, end })) } },
      }),
    introduce: () =>
      say({ request: { case: 'introduction', value: { name: 'taker', addresses: ['10.0.0.1:1'] } } }),
    cancel: (indices: number[], number = 1) =>
      say({ file: number, request: { case: 'cancel', value: { indices } } }),
    close: (number = 1) => say({ file: number, request: { case: 'close', value: {} } }),
    abort: () => abort.abort(new Error('gone')),
  }
}

function short({ file, response }: BlocksResponse): unknown {
  switch (response?.case) {
    case 'opened':
      return [file, response.value.complete ? 'complete' : 'partial', Number(response.value.sizeBytes)]
    case 'queued':
      return ['queued', response.value.position]
    case 'have':
      return [
        ...[file, response.case, response.value.indices],
        ...(response.value.coming?.length ? [response.value.coming] : []),
      ]
    case 'missing':
      return [file, response.case, response.value.indices]
    case 'refused':
      return [file, 'refused', response.value.code]
    default:
      return response
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('answers what is asked for, in order, and says what is not there', async () => {
  const to = line()
  to.open()
  to.want([3, 13, 2])
  await turn()
  assert.deepEqual(to.said, [
    [1, 'complete', BLOCKS * SIZE],
    [1, 'block', 3, [3]],
    [1, 'missing', [13]],
    [1, 'block', 2, [2]],
  ])
  to.giver.end()
  await to.run
  assert.equal(to.released(), 1)
  assert.deepEqual(to.slots.snapshot().active, [])
})

test('several files on one line; a closed number may be used again', async () => {
  const to = line()
  to.open(1)
  to.open(2)
  assert.throws(() => to.open(2), { code: 'INVALID_ARGUMENT' })
  await assert.rejects(to.run, { code: 'INVALID_ARGUMENT' })
  const other = line()
  other.open(1)
  other.close(1)
  other.open(1)
  other.want([7], 1)
  await turn()
  assert.deepEqual(other.said.slice(1), [
    [1, 'complete', BLOCKS * SIZE],
    [1, 'block', 7, [7]],
  ])
  assert.equal(other.released(), 1)
  other.abort()
  await assert.rejects(other.run, /gone/)
  assert.equal(other.released(), 2)
})

test('what is taken back before it is sent does not come', async () => {
  const to = line({ stuck: true })
  to.open()
  to.want(Array.from({ length: 100 }, (_, i) => i + 20))
  await turn()
  const sent = to.said.length - 1
  assert.ok(sent >= 1)
  to.cancel(Array.from({ length: 100 }, (_, i) => i + 20))
  await turn()
  assert.equal(to.said.length - 1, sent)
  to.abort()
  await assert.rejects(to.run, /gone/)
})

test('a client that leaves while nothing is taken any more holds no slot', async () => {
  for (const leave of ['end', 'fail'] as const) {
    const to = line({ stuck: true })
    to.open()
    to.want([1, 2, 3])
    await turn()
    assert.equal(to.slots.snapshot().active.length, 1)
    to.giver[leave](new Error('gone'))
    await to.run.catch(() => {})
    assert.deepEqual(to.slots.snapshot().active, [])
  }
})

test('a partial file: what it has, then what is added', async () => {
  const to = line({ partial: true })
  to.open()
  to.added(5)
  to.added(6)
  await turn()
  assert.deepEqual(to.said, [
    [1, 'partial', BLOCKS * SIZE],
    [1, 'have', [5, 6]],
  ])
  to.giver.end()
  await to.run
})

test('more than a line may have ends it', async () => {
  const wrong: [string, (to: ReturnType<typeof line>) => void, string][] = [
    ['blocks', (to) => to.want(Array.from({ length: 1100 }, (_, i) => i)), 'INVALID_ARGUMENT'],
    ['indices', (to) => to.want(Array.from({ length: 5000 }, () => 1)), 'INVALID_ARGUMENT'],
    ['a block that is not', (to) => to.want([BLOCKS]), 'INVALID_ARGUMENT'],
    ['files', (to) => Array.from({ length: 1024 }, (_, i) => to.open(i + 2)), 'INVALID_ARGUMENT'],
    ['requests', (to) => Array.from({ length: 20_000 }, () => to.want([])), 'RATE_LIMITED'],
  ]
  for (const [what, act, code] of wrong) {
    // Nothing is answered, so all that is asked for stays asked for.
    const to = line({ reading: true })
    to.open()
    assert.throws(() => act(to), { code }, what)
    to.abort()
    await assert.rejects(to.run, { code: code }, what).catch(() => assert.rejects(to.run))
  }
})

test('places in the queue are told as they change, and nothing is sent before the slot', async () => {
  const to = line({ slots: 1 })
  const first = to.slots.enter({ peerId: 'first', cid }, () => {})
  const second = to.slots.enter({ peerId: 'second', cid }, () => {})
  to.open()
  to.want([1])
  await turn()
  assert.deepEqual(to.said.slice(1), [['queued', 2]])
  first.leave()
  await turn()
  second.leave()
  await turn()
  await turn()
  assert.deepEqual(to.said.slice(2), [
    ['queued', 1],
    ['queued', 0],
    [1, 'block', 1, [1]],
  ])
  to.giver.end()
  await to.run
})

test('a line on which nothing is asked for ends', async () => {
  const to = line({ idleStreamMs: 5000, idleSlotMs: 1000 })
  to.open()
  await turn()
  for (let i = 0; i < 6; i++) {
    await to.clock.advance(1000)
    await turn()
  }
  await to.run
})

/** Three parts and a bit. */
const LONG = 3 * PART_BYTES + 100

/** A block's parts as they are sent. */
function partsOf(block: Uint8Array) {
  const values = chainingValues(block)
  return [3, 2, 1, 0].map((part) => ({
    start: part * PART_BYTES,
    bytes: block.slice(part * PART_BYTES, (part + 1) * PART_BYTES),
    chaining: part === 0 ? new Uint8Array(32) : values.slice(32 * (part - 1), 32 * part),
  }))
}

test('a block in parts comes from its end, or from where the client has got to', async () => {
  const to = line({ size: LONG })
  to.open()
  to.wantParts([5, LONG], [6, PART_BYTES])
  for (let i = 0; i < 20; i++) await turn()
  assert.deepEqual(to.said.slice(1), [
    [1, 'part', 5, 3 * PART_BYTES, 100],
    [1, 'part', 5, 2 * PART_BYTES, PART_BYTES],
    [1, 'part', 5, PART_BYTES, PART_BYTES],
    [1, 'part', 5, 0, PART_BYTES],
    [1, 'part', 6, 0, PART_BYTES],
  ])
  to.giver.end()
  await to.run
})

test('an end where no part ends is against the contract', async () => {
  for (const end of [0, 1, PART_BYTES + 1, LONG + 1, 4 * PART_BYTES]) {
    const to = line({ size: LONG })
    to.open()
    assert.throws(() => to.wantParts([5, end]), { code: 'INVALID_ARGUMENT' })
    await assert.rejects(to.run, { code: 'INVALID_ARGUMENT' })
  }
})

test('a block that is coming is passed on as it comes; one that does not get on is said to be missing', async () => {
  const block = new Uint8Array(LONG).fill(7)
  const coming = new ComingBlocks({
    sizeOf: () => LONG,
    digestOf: () => sha256(block),
    memory: { take: (bytes) => new Uint8Array(bytes), give: () => {} },
  })
  const to = line({ size: LONG, partial: true, coming })
  const settle = async () => {
    for (let i = 0; i < 5; i++) await turn()
  }
  to.open()
  const [last, third] = partsOf(block)
  coming.take(4, last!)
  await settle()
  assert.deepEqual(to.said.at(-1), [1, 'have', [], [4]])
  to.wantParts([4, LONG])
  await settle()
  assert.deepEqual(to.said.at(-1), [1, 'part', 4, 3 * PART_BYTES, 100])
  coming.take(4, third!)
  await settle()
  assert.deepEqual(to.said.at(-1), [1, 'part', 4, 2 * PART_BYTES, PART_BYTES])
  for (let i = 0; i < 30; i++) {
    await to.clock.advance(100)
    await settle()
  }
  assert.deepEqual(to.said.at(-1), [1, 'missing', [4]])
  // When it is whole after all, it is told.
  to.added(4)
  await settle()
  assert.deepEqual(to.said.at(-1), [1, 'have', [4]])
  to.giver.end()
  await to.run
})

test('what is wanted of a file that is closed counts no more', async () => {
  const to = line({ stuck: true, size: LONG })
  for (let round = 0; round < 5; round++) {
    to.open()
    to.want(Array.from({ length: 400 }, (_, i) => i + 20))
    to.wantParts(...Array.from({ length: 400 }, (_, i): [number, number] => [i + 500, LONG]))
    to.close()
  }
  to.giver.end()
  await to.run
  assert.equal(to.released(), 5)
})

test('of two who pass on what they get, none is sent what the other gets', async () => {
  const spread = new Spread(seededRandom(1))
  const [first, second] = [line({ spread }), line({ spread })]
  for (const to of [first, second]) {
    to.introduce()
    to.open()
  }
  await turn()
  const all = Array.from({ length: 100 }, (_, i) => i + 20)
  first.want(all)
  second.want(all)
  for (let i = 0; i < 5; i++) await turn()
  const sent = (to: typeof first) =>
    to.said.filter((each) => Array.isArray(each) && each[1] === 'block').map((each) => (each as number[])[2]!)
  assert.ok(sent(first).length > 90)
  assert.equal(sent(first).filter((index) => sent(second).includes(index)).length, 0)
  for (const to of [first, second]) to.giver.end()
  await Promise.all([first.run, second.run])
})

test('a peer that is paused waits with what it has open, and gets what it asks for when it is resumed', async () => {
  const to = line()
  to.open()
  await turn()
  to.rules.pause('taker')
  to.want([3])
  await turn()
  assert.deepEqual(to.said.slice(1), [['queued', 1]])
  await to.clock.advance(3 * DEFAULT_SERVE_OPTIONS.idleStreamMs)
  assert.equal(to.said.length, 2, 'it is not said again and again, and the line stays')
  to.rules.lift('taker')
  await turn()
  assert.deepEqual(to.said.slice(2), [
    ['queued', 0],
    [1, 'block', 3, [3]],
  ])
  to.giver.end()
  await to.run
})

test('a peer that is refused is told so for each file, once, and for each that it opens later', async () => {
  const to = line()
  to.open(1)
  to.open(2)
  to.want([3], 1)
  to.rules.refuse('taker')
  await turn()
  assert.deepEqual(to.said.slice(2), [
    [1, 'refused', 'PERMISSION_DENIED'],
    [2, 'refused', 'PERMISSION_DENIED'],
  ])
  assert.equal(to.released(), 2)
  assert.equal(to.slots.hasPeer('taker'), false)
  to.want([4], 1)
  to.open(3)
  await turn()
  assert.deepEqual(to.said.slice(4), [[3, 'refused', 'PERMISSION_DENIED']])
  to.rules.lift('taker')
  to.open(4)
  to.want([5], 4)
  await turn()
  assert.deepEqual(to.said.slice(5), [
    [4, 'complete', BLOCKS * SIZE],
    [4, 'block', 5, [5]],
  ])
  to.giver.end()
  await to.run
})

test('nothing more of a block comes to a peer that is refused meanwhile', async () => {
  const to = line({ stuck: true, size: 1_048_576 })
  to.open()
  to.want([3])
  await turn()
  const sent = to.said.length
  to.rules.refuse('taker')
  await to.clock.advance(1000)
  assert.deepEqual(to.said.slice(sent), [])
  to.abort()
  await assert.rejects(to.run, /gone/)
})
