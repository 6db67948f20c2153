import { createHash, randomFillSync } from 'node:crypto'
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'

const PIECE = 1024 * 1024

/** Writes random bytes, so that no two blocks are the same; returns their SHA-256 in hex. */
export function writeRandomFile(path: string, sizeBytes: number): string {
  const hash = createHash('sha256')
  const file = openSync(path, 'w')
  try {
    const piece = Buffer.allocUnsafe(PIECE)
    for (let written = 0; written < sizeBytes; ) {
      const part = piece.subarray(0, Math.min(PIECE, sizeBytes - written))
      randomFillSync(part)
      hash.update(part)
      written += writeSync(file, part)
    }
  } finally {
    closeSync(file)
  }
  return hash.digest('hex')
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
