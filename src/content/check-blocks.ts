import { hash } from 'node:crypto'
import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE, DIGEST_SIZE } from './cid.ts'
import type { BlockCheck, BlockVerdict, CheckedPart } from './ingest-types.ts'
import { OpenFile } from './open-file.ts'
import { sameBytes } from './verify.ts'

/** Out of something that comes back: open files of the process and of the system, memory, signals. */
const PASSING = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR'])

/** No such file, or a folder on the way to it is none any more. */
const GONE = new Set(['ENOENT', 'ENOTDIR'])

/**
 * Reads blocks again and compares their SHA-256, in a hashing thread. Between two blocks it looks whether the thread is wanted
 * elsewhere, so that nobody waits longer than one block takes.
 *
 * @param leave ends the work when its first place is not 0
 * @param buffer one block long
 * @returns of the first checks, the last one perhaps cut short; never throws
 */
export function checkBlocks(
  { checks, leave }: { checks: readonly BlockCheck[]; leave: Int32Array },
  buffer: Uint8Array,
): CheckedPart[] {
  const parts: CheckedPart[] = []
  for (const check of checks) {
    const part = checkOne(check, buffer, () => Atomics.load(leave, 0) !== 0)
    if (part.blocks === 0) break
    parts.push(part)
    if (part.blocks < blocksOf(check)) break
  }
  return parts
}

/** How many blocks a check is about. */
export const blocksOf = ({ digests }: BlockCheck): number => digests.length / DIGEST_SIZE

function checkOne(check: BlockCheck, buffer: Uint8Array, isOver: () => boolean): CheckedPart {
  const whole = (verdict: BlockVerdict): CheckedPart => ({ blocks: blocksOf(check), verdict })
  if (isOver()) return { blocks: 0, verdict: { status: 'busy' } }
  try {
    using file = new OpenFile(check.path)
    file.checkIs(check.stat)
    const part = readBlocks(file, check, buffer, isOver)
    file.checkUnchanged()
    return part
  } catch (error) {
    return whole(verdictOf(error, check))
  }
}

function readBlocks(
  file: OpenFile,
  { first, digests }: BlockCheck,
  buffer: Uint8Array,
  isOver: () => boolean,
): CheckedPart {
  const wrong: number[] = []
  const unreadable: number[] = []
  let done = 0
  while (done * DIGEST_SIZE < digests.length && !isOver()) {
    const index = first + done
    const position = index * BLOCK_SIZE
    const block = buffer.subarray(0, Math.max(0, Math.min(BLOCK_SIZE, file.sizeBytes - position)))
    try {
      file.readExactly(block, position)
      const expected = digests.subarray(done * DIGEST_SIZE, (done + 1) * DIGEST_SIZE)
      if (!sameBytes(hash('sha256', block, 'buffer'), expected)) wrong.push(index)
    } catch (error) {
      // One bad sector must not hide what the rest of the file is.
      if (!(error instanceof ShoalError) || error.code === 'FILE_CHANGED' || isPassing(error)) throw error
      unreadable.push(index)
    }
    done++
  }
  return { blocks: done, verdict: { status: 'read', wrong, unreadable } }
}

function verdictOf(error: unknown, { first, digests }: BlockCheck): BlockVerdict {
  const code = error instanceof ShoalError ? error.code : 'IO'
  const system = systemCode(error)
  if (system !== undefined && GONE.has(system)) return { status: 'missing' }
  // A folder, a pipe or a link has taken the name.
  if (code === 'FILE_CHANGED' || code === 'INVALID_ARGUMENT') return { status: 'changed' }
  if (isPassing(error)) return { status: 'busy' }
  const all = Array.from({ length: digests.length / DIGEST_SIZE }, (_, offset) => first + offset)
  return { status: 'read', wrong: [], unreadable: all }
}

const isPassing = (error: unknown): boolean => PASSING.has(systemCode(error) ?? '')

/** `errno` of a system error, also of one that a ShoalError was made of. */
function systemCode(error: unknown): string | undefined {
  const cause = error instanceof ShoalError ? error.cause : error
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
