import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { writeFileAtomic } from '../base/atomic-file.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { type Manifest, readManifest } from '../content/manifest.ts'
import { makeFolder } from './make-folder.ts'
import { exists, isFolder, syncFolder, syncFolderOf } from './place.ts'
import { PART_SUFFIX, partName } from './safe-name.ts'

const MAX_TRIES = 10_000

/**
 * `NAME.part/`, the folder of a download that is a folder. What is complete lies in `files/` as it will be in the end, what is being fetched in
 * `parts/`, and `manifest` keeps the folder's own nodes, so that a restart needs nobody to know what belongs to it.
 */
export class PartFolder {
  readonly path: string

  private constructor(path: string) {
    this.path = path
  }

  /** Makes `FINAL.part/`, or a numbered one when that exists. @throws IO, NO_SPACE, PERMISSION_DENIED */
  static async create(finalPath: string): Promise<PartFolder> {
    try {
      await makeFolder(dirname(finalPath))
      for (let number = 0; number < MAX_TRIES; number++) {
        const folder = new PartFolder(join(dirname(finalPath), partName(basename(finalPath), number)))
        const made = await mkdir(folder.path).then(
          () => true,
          (error: unknown) => {
            if (toShoalError(error).code === 'ALREADY_EXISTS') return false
            throw error
          },
        )
        if (!made) continue
        await folder.#fill()
        return folder
      }
    } catch (error) {
      throw toShoalError(error, 'IO')
    }
    throw new ShoalError('ALREADY_EXISTS', `Too many folders named like ${finalPath}${PART_SUFFIX}.`)
  }

  /** The one of an earlier run; undefined when it is gone. */
  static async reopen(path: string): Promise<PartFolder | undefined> {
    if (!(await isFolder(path))) return undefined
    const folder = new PartFolder(path)
    await folder.#fill()
    return folder
  }

  get filesPath(): string {
    return join(this.path, 'files')
  }

  /** Where the file with this number is put together; `.part` is appended. */
  partPathOf(number: number): string {
    return join(this.path, 'parts', String(number))
  }

  saveManifest(nodes: readonly Uint8Array[]): void {
    const parts: Uint8Array[] = []
    for (const node of nodes) {
      const length = new Uint8Array(4)
      new DataView(length.buffer).setUint32(0, node.length)
      parts.push(length, node)
    }
    try {
      writeFileAtomic(join(this.path, 'manifest'), Buffer.concat(parts), 0o600)
    } catch (error) {
      throw toShoalError(error, 'IO')
    }
  }

  /** The folder's manifest if it is there and right: checked like one that comes over the wire. */
  static async loadManifest(path: string, cid: string): Promise<Manifest | undefined> {
    try {
      return await readManifest(cid, nodesOf(await readFile(join(path, 'manifest'))))
    } catch {
      return undefined
    }
  }

  /** Makes all names below `files/` durable, the deepest first. */
  async sync(): Promise<void> {
    const found = await readdir(this.filesPath, { recursive: true, withFileTypes: true })
    const folders = found.filter((each) => each.isDirectory()).map((each) => join(each.parentPath, each.name))
    for (const folder of folders.reverse()) await syncFolder(folder)
    await syncFolder(this.filesPath)
  }

  async #fill(): Promise<void> {
    await mkdir(this.filesPath, { recursive: true })
    await mkdir(join(this.path, 'parts'), { recursive: true })
    await syncFolder(this.path)
    await syncFolderOf(this.path)
  }
}

/** Removes what Shoal put into a part folder, and the folder unless somebody put something else there. */
export async function discardPartFolder(path: string): Promise<void> {
  if (!(await exists(path))) return
  try {
    for (const name of ['files', 'parts', 'manifest'])
      await rm(join(path, name), { recursive: true, force: true })
    await rmdir(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw toShoalError(error, 'IO')
  }
}

async function* nodesOf(saved: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < saved.length; ) {
    const length = saved.readUInt32BE(at)
    yield saved.subarray(at + 4, at + 4 + length)
    at += 4 + length
  }
}
