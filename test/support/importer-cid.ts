import { createReadStream } from 'node:fs'
import { BlackHoleBlockstore } from 'blockstore-core/black-hole'
import { importer } from 'ipfs-unixfs-importer'

export interface ImportedFile {
  /** Path in the tree; a tree has one root folder. */
  path: string
  /** Where its bytes are. */
  file: string
}

/** The CID of the root that the reference importer gives for these files in the profile unixfs-v1-2025. */
export async function importerCid(files: readonly ImportedFile[]): Promise<string> {
  const source = files.map(({ path, file }) => ({ path, content: createReadStream(file) }))
  let root: string | undefined
  for await (const { cid } of importer(source, new BlackHoleBlockstore(), { profile: 'unixfs-v1-2025' }))
    root = cid.toString()
  if (root === undefined) throw new Error('the importer gave nothing')
  return root
}
