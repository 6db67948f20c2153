import { hash } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DIGEST_SIZE } from '../../content/sizes.ts'
import type { FileStat } from '../ports.ts'
import type { SmallCheck, SmallFound, SmallPuts, SmallReadList } from './disk-types.ts'

/** Never through a symbolic link: nobody else has business in a part folder, and what they put there is not followed. */
const MAKE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/**
 * Writes small files whose bytes are right, and makes the folders above them. Not durable yet.
 *
 * @returns for each its bytes and stat; null when the bytes are wrong @throws system errors
 */
export function putSmall(
  { paths, offsets, lengths, digests }: SmallPuts,
  memory: Uint8Array,
): (SmallFound | null)[] {
  return paths.map((path, at) => {
    const bytes = memory.subarray(offsets[at]!, offsets[at]! + lengths[at]!)
    const digest = digests.subarray(DIGEST_SIZE * at, DIGEST_SIZE * (at + 1))
    if (Buffer.compare(hash('sha256', bytes, 'buffer'), digest) !== 0) return null
    const fd = make(path)
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done)
      return { length: bytes.length, stat: statOf(fd) }
    } finally {
      closeSync(fd)
    }
  })
}

/** The stat of a file whose bytes are those of the digest; null for anything else. @param buffer for its bytes: longer files are others */
export function checkSmall({ path, digest }: SmallCheck, buffer: Uint8Array): FileStat | null {
  let fd: number
  try {
    fd = openSync(path, READ)
  } catch {
    return null
  }
  try {
    const stat = statOf(fd)
    if (stat.size > buffer.length) return null
    let length = 0
    while (length < stat.size) {
      const count = readSync(fd, buffer, length, stat.size - length, length)
      if (count === 0) return null
      length += count
    }
    const found = hash('sha256', buffer.subarray(0, length), 'buffer')
    return Buffer.compare(found, digest) === 0 ? stat : null
  } catch {
    return null
  } finally {
    closeSync(fd)
  }
}

/** Reads the first bytes of files. @returns for each how many and its stat; null when it cannot be read */
export function readSmall(
  { paths, offsets, lengths }: SmallReadList,
  memory: Uint8Array,
): (SmallFound | null)[] {
  return paths.map((path, at) => readOne(path, memory, { offset: offsets[at]!, length: lengths[at]! }))
}

function readOne(
  path: string,
  memory: Uint8Array,
  { offset, length }: { offset: number; length: number },
): SmallFound | null {
  try {
    const fd = openSync(path, READ)
    try {
      let done = 0
      while (done < length) {
        const count = readSync(fd, memory, offset + done, length - done, done)
        if (count === 0) break
        done += count
      }
      // After the bytes, not before: a change in between must show.
      return { length: done, stat: statOf(fd) }
    } finally {
      closeSync(fd)
    }
  } catch {
    return null
  }
}

/** @throws system errors */
export function syncFile(path: string): void {
  const fd = openSync(path, READ)
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** A new empty file. Folders are made when one is missing: asking first would be a call for each file. */
function make(path: string): number {
  try {
    return openSync(path, MAKE)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') mkdirSync(dirname(path), { recursive: true })
    // Half a file of a run that was killed.
    else if (code === 'EEXIST') unlinkSync(path)
    else throw error
    return openSync(path, MAKE)
  }
}

function statOf(fd: number): FileStat {
  const { size, mtimeMs, ino } = fstatSync(fd)
  return { size, mtimeMs, ino }
}
