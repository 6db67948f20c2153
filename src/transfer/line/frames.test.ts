import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CHAINING_BYTES } from '../../content/block-chain.ts'
import {
  DATA_HEADER_BYTES,
  FrameReader,
  MAX_FRAME_MESSAGE_BYTES,
  messageFrame,
  PART_HEADER_BYTES,
  writeDataHeader,
  writePartHeader,
} from './frames.ts'

type Frame =
  | { readonly message: Uint8Array }
  | {
      readonly file: number
      readonly index: number
      readonly offset: number
      readonly data: Uint8Array
      /** Of a part that is sent from its block's end. */
      readonly chaining?: Uint8Array | undefined
    }

const u32 = fc.nat(0xffff_ffff)
const anyFrame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ message: fc.uint8Array({ maxLength: 40 }) }),
  // The offset of a piece is counted on, so it stays in its 32 bits.
  fc.record({
    file: u32,
    index: u32,
    offset: fc.nat(1_000_000),
    data: fc.uint8Array({ minLength: 1, maxLength: 60 }),
    chaining: fc.option(fc.uint8Array({ minLength: CHAINING_BYTES, maxLength: CHAINING_BYTES }), {
      nil: undefined,
    }),
  }),
)

function encode(frame: Frame): Uint8Array {
  if ('message' in frame) return messageFrame(frame.message)
  const place = { ...frame, length: frame.data.length }
  if (frame.chaining) {
    const part = new Uint8Array(PART_HEADER_BYTES + frame.data.length)
    writePartHeader(part, place, frame.chaining)
    part.set(frame.data, PART_HEADER_BYTES)
    return part
  }
  const bytes = new Uint8Array(DATA_HEADER_BYTES + frame.data.length)
  writeDataHeader(bytes, 0, place)
  bytes.set(frame.data, DATA_HEADER_BYTES)
  return bytes
}

/** What frames say, byte by byte, so that it does not matter in which pieces data came. */
function flat(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => {
    if ('message' in frame) return [`message ${Buffer.from(frame.message).toString('hex')}`]
    const { file, index, offset, data, chaining } = frame
    const before = chaining ? Buffer.from(chaining).toString('hex') : 'whole'
    return [...data].map((byte, i) => `${file} ${index} ${offset + i} ${byte} ${before}`)
  })
}

/** Reads frames; data goes to a place of at most `room` bytes. */
function reader(room = 1000) {
  const frames: Frame[] = []
  let place: Exclude<Frame, { message: Uint8Array }>
  const reading = new FrameReader({
    message: (bytes) => void frames.push({ message: bytes.slice() }),
    place: (file, index, offset, left, chaining) => {
      place = { file, index, offset, chaining, data: new Uint8Array(Math.min(left, room)) }
      return place.data
    },
    placed: (count) => void frames.push({ ...place, data: place.data.slice(0, count) }),
  })
  const take = (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length; ) {
      const target = reading.next()
      assert.ok(target.length > 0)
      const count = Math.min(target.length, bytes.length - at)
      target.set(bytes.subarray(at, at + count))
      reading.filled(count)
      at += count
    }
  }
  return { frames, take }
}

test('frames come out as they went in, however the stream is cut', () => {
  const someFrames = fc.array(anyFrame, { maxLength: 12 })
  const someCuts = fc.array(fc.integer({ min: 1, max: 30 }))
  fc.assert(
    fc.property(someFrames, someCuts, fc.integer({ min: 1, max: 70 }), (frames, cuts, room) => {
      const stream = Buffer.concat(frames.map(encode))
      const { frames: out, take } = reader(room)
      let at = 0
      for (const cut of cuts) {
        take(stream.subarray(at, at + cut))
        at += cut
      }
      take(stream.subarray(at))
      assert.deepEqual(flat(out), flat(frames))
    }),
  )
})

test('what is no frame is refused, at once and without memory for what it claims', () => {
  const wrong: [string, number[]][] = [
    ['an unknown kind', [0, 0, 0, 9, 7]],
    ['a message too long', [0xff, 0xff, 0xff, 0xff, 0]],
    ['data too long', [0x7f, 0xff, 0xff, 0xff, 1, ...new Array(12).fill(0)]],
    ['data of nothing', [0, 0, 0, 13, 1, ...new Array(12).fill(0)]],
    ['data shorter than its header', [0, 0, 0, 5, 1, ...new Array(12).fill(0)]],
    ['a frame of nothing', [0, 0, 0, 0, 0]],
    ['HTTP', [...Buffer.from('GET / HTTP/1.1\r\n')]],
  ]
  for (const [what, bytes] of wrong)
    assert.throws(() => reader().take(Uint8Array.from(bytes)), { name: 'SourceFault' }, what)
})

test('any bytes at all: frames or a fault, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        reader().take(bytes)
      } catch (error) {
        assert.equal((error as Error).name, 'SourceFault')
      }
    }),
  )
})

test('a message longer than any is not made', () => {
  assert.throws(() => messageFrame(new Uint8Array(MAX_FRAME_MESSAGE_BYTES + 1)), RangeError)
})
