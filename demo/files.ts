import { createHash, randomFillSync } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MIB } from '../src/base/units.ts'

export const BIG_FILE = 'Été 数据 (final) ‘v2’ #1?.bin'
export const ALBUM = 'Live in Zürich'

/** Which node (0 to 2) shares which file of its own: every size around a block's boundary, and names that break careless programs. */
const OWN_FILES: [node: number, path: string, sizeBytes: number][] = [
  [0, 'one byte.txt', 1],
  [0, 'notes/réunion & "plan" <2026>.md', 999],
  [0, "photos/it's 100% real; $HOME `id`.jpg", MIB - 1],
  [1, 'exactly one block.dat', MIB],
  [1, 'музыка/песня №5.ogg', MIB + 1],
  [1, '-rf --help.txt', 4321],
  [2, '空の写真/富士山.png', 3 * MIB + 7],
  [2, 'emoji 🐟🐟 shoal.gif', 70_000],
  [2, ' leading space and trailing dot..iso', 16 * MIB],
]

/** What all three nodes share. */
const COMMON_FILES: [path: string, sizeBytes: number][] = [
  [BIG_FILE, 64 * MIB],
  [`${ALBUM}/01 – Öffnung.flac`, 40 * MIB],
  [`${ALBUM}/02 – Fluß.flac`, 40 * MIB],
  [`${ALBUM}/03 – Ende?.flac`, 40 * MIB],
  [`${ALBUM}/cover art.png`, 123_456],
]

export interface MadeFiles {
  files: number
  bytes: number
}

/** Fills the shares of the three nodes with random content, no two files alike. */
export async function makeFiles(shares: readonly string[]): Promise<MadeFiles> {
  let files = 0
  let bytes = 0
  const make = async (path: string, sizeBytes: number) => {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, randomFillSync(Buffer.allocUnsafe(sizeBytes)))
    files++
    bytes += sizeBytes
  }
  for (const [node, path, sizeBytes] of OWN_FILES) await make(join(shares[node]!, path), sizeBytes)
  for (const [path, sizeBytes] of COMMON_FILES) {
    const first = join(shares[0]!, path)
    await make(first, sizeBytes)
    for (const share of shares.slice(1)) {
      await mkdir(dirname(join(share, path)), { recursive: true })
      await copyFile(first, join(share, path))
      files++
      bytes += sizeBytes
    }
  }
  return { files, bytes }
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
