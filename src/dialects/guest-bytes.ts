import { createHash } from 'node:crypto'
import { ShoalError } from '../base/errors.ts'
import { formatBytes, MIB } from '../base/units.ts'
import type { GuestRecord } from './guest-book.ts'

/** Larger files are not fetched unless the dialect says so, bytes. */
export const DEFAULT_MAX_GUEST_BYTES = 64 * MIB

/**
 * Passes on the bytes of a file as they come, and fails when they are too many, or are in the end not those that were registered.
 *
 * @param bytes as the dialect fetches them @param room bytes that may still come
 * @throws ShoalError TOO_LARGE, NO_SPACE, BAD_BLOCK
 */
export async function* checkedBytes(
  { file, md5, sha256, entry }: GuestRecord,
  bytes: AsyncIterable<Uint8Array>,
  room: () => number,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { maxBytes = DEFAULT_MAX_GUEST_BYTES } = file
  const hashes = [
    ...(md5 === undefined ? [] : [{ wanted: md5, hash: createHash('md5') }]),
    ...(sha256 === undefined ? [] : [{ wanted: sha256, hash: createHash('sha256') }]),
  ]
  let length = 0
  for await (const piece of bytes) {
    length += piece.length
    if (length > maxBytes)
      throw new ShoalError('TOO_LARGE', `${entry.name} has more than ${formatBytes(maxBytes)}.`)
    if (piece.length > room())
      throw new ShoalError(
        'NO_SPACE',
        'What the setting dialectGuestBytes gives to files of clients is full.',
      )
    for (const { hash } of hashes) hash.update(piece)
    yield piece
  }
  if (hashes.every(({ wanted, hash }) => hash.digest('hex') === wanted)) return
  throw new ShoalError(
    'BAD_BLOCK',
    `${file.holder} gave other bytes than those of ${entry.name} that were registered.`,
  )
}
