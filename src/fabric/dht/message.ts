import { ShoalError } from '../../base/errors.ts'
import { MAX_ADDRESS_BYTES, MAX_ANSWER_CLOSER, MAX_ANSWER_PROVIDERS, MAX_PEER_ADDRESSES } from './options.ts'

/**
 * The messages of Kademlia in libp2p, as far as Shoal sends them itself:
 * https://github.com/libp2p/specs/blob/master/kad-dht/README.md#rpc-messages
 *
 * Written by hand: @libp2p/kad-dht does not export its own, and decodes whatever comes, in any number. Four field types and a
 * wire format that has not changed since 2017 are less to rely on than the inside of a package.
 */

export const ADD_PROVIDER = 2
export const GET_PROVIDERS = 3
export const FIND_NODE = 4
export const PING = 5

/** A peer as a message names it. */
export interface WirePeer {
  /** Multihash of its PeerId. */
  readonly id: Uint8Array
  /** Binary multiaddrs. */
  readonly addresses: readonly Uint8Array[]
}

export interface KadMessage {
  readonly type: number
  readonly key?: Uint8Array
  readonly closer?: readonly WirePeer[]
  readonly providers?: readonly WirePeer[]
}

/** Field numbers with their wire type, as they stand on the wire: `number << 3 | type`. */
const TYPE = (1 << 3) | 0
const KEY = (2 << 3) | 2
const CLOSER = (8 << 3) | 2
const PROVIDERS = (9 << 3) | 2
const PEER_ID = (1 << 3) | 2
const PEER_ADDRESS = (2 << 3) | 2

/** The message, without its length in front. */
export function encodeMessage({ type, key, closer = [], providers = [] }: KadMessage): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(TYPE), varint(type)]
  if (key) put(parts, KEY, key)
  for (const peer of closer) put(parts, CLOSER, encodePeer(peer))
  for (const peer of providers) put(parts, PROVIDERS, encodePeer(peer))
  return Buffer.concat(parts)
}

/** With its length in front, as it stands on a stream. */
export function frame(message: KadMessage): Uint8Array {
  const bytes = encodeMessage(message)
  return Buffer.concat([varint(bytes.length), bytes])
}

function encodePeer({ id, addresses }: WirePeer): Uint8Array {
  const parts: Uint8Array[] = []
  put(parts, PEER_ID, id)
  for (const address of addresses) put(parts, PEER_ADDRESS, address)
  return Buffer.concat(parts)
}

function put(parts: Uint8Array[], tag: number, bytes: Uint8Array): void {
  parts.push(varint(tag), varint(bytes.length), bytes)
}

/** Unsigned LEB128. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

/** Longest varint of a safe integer, bytes. */
const MAX_VARINT = 8

/** A varint at `at`, and where it ends; undefined when it is not all there. @throws ShoalError BAD_RESPONSE when it is too long */
export function readVarint(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0
  for (let i = 0; at + i < bytes.length; i++) {
    if (i >= MAX_VARINT) throw bad('a number that is too big')
    const byte = bytes[at + i]!
    value += (byte & 0x7f) * 2 ** (7 * i)
    if (byte < 0x80) {
      if (!Number.isSafeInteger(value)) throw bad('a number that is too big')
      return { value, end: at + i + 1 }
    }
  }
  return undefined
}

/**
 * A message that came from somebody. What is more than a list may have is left out, so is a peer's address that is too long: one bad
 * entry does not spoil the others.
 *
 * @throws ShoalError BAD_RESPONSE when it cannot be read
 */
export function decodeMessage(bytes: Uint8Array): KadMessage {
  let type = 0
  let key: Uint8Array | undefined
  const closer: WirePeer[] = []
  const providers: WirePeer[] = []
  for (const { tag, value, body } of fieldsOf(bytes)) {
    if (tag === TYPE) type = value
    else if (tag === KEY) key = body
    else if (tag === CLOSER && closer.length < MAX_ANSWER_CLOSER) closer.push(decodePeer(body))
    else if (tag === PROVIDERS && providers.length < MAX_ANSWER_PROVIDERS) providers.push(decodePeer(body))
  }
  return { type, ...(key && { key }), closer, providers }
}

function decodePeer(bytes: Uint8Array): WirePeer {
  let id = new Uint8Array()
  const addresses: Uint8Array[] = []
  for (const { tag, body } of fieldsOf(bytes)) {
    if (tag === PEER_ID) id = body.slice()
    else if (tag === PEER_ADDRESS && addresses.length < MAX_PEER_ADDRESSES) {
      if (body.length > 0 && body.length <= MAX_ADDRESS_BYTES) addresses.push(body)
    }
  }
  return { id, addresses }
}

interface Field {
  readonly tag: number
  readonly value: number
  readonly body: Uint8Array
}

const NOTHING = new Uint8Array()

/** Varints and length-delimited fields; fields of a fixed size, of which there are none so far, are passed over. */
function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  let at = 0
  const next = () => {
    const read = readVarint(bytes, at)
    if (!read) throw bad('no end')
    at = read.end
    return read.value
  }
  while (at < bytes.length) {
    const tag = next()
    const wireType = tag & 7
    if (wireType === 0) yield { tag, value: next(), body: NOTHING }
    else if (wireType === 2) {
      const size = next()
      if (at + size > bytes.length) throw bad('no end')
      yield { tag, value: 0, body: bytes.subarray(at, at + size) }
      at += size
    } else if (wireType === 1 || wireType === 5) at += wireType === 1 ? 8 : 4
    else throw bad('a field of an unknown kind')
  }
}

function bad(what: string): ShoalError {
  return new ShoalError('BAD_RESPONSE', `A DHT message has ${what}.`)
}
