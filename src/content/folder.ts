import { ShoalError } from '../base/errors.ts'
import { digestOfCid } from './cid.ts'
import { encodeFolder, type FolderChild, turnEvery } from './folder-node.ts'
import { DEFAULT_MANIFEST_LIMITS } from './limits.ts'
import { splitPath } from './names.ts'

export { manifestNodes } from './serve-manifest.ts'

export interface FolderFile {
  /** Path below the folder, `/` between the parts. */
  readonly path: string
  readonly cid: string
  /** Bytes of the file and of its nodes (`totalBytes` of its manifest). */
  readonly totalBytes: number
}

export interface FolderDag {
  /** Canonical text of the folder's CID. */
  readonly cid: string
  readonly totalBytes: number
  /** The nodes of this folder and all folders below, by CID. */
  readonly nodes: Map<string, Uint8Array>
  /** Every folder by its path; '' is the folder itself. */
  readonly folders: Map<string, { readonly cid: string; readonly totalBytes: number }>
}

/** How much is done before other work of the process gets a turn. */
const FILES_PER_TURN = 1000
const FOLDERS_PER_TURN = 20

/** A folder whose contents are being collected. Folders stand in the list before those they contain. */
interface Draft {
  readonly path: string
  readonly name: string
  readonly parent: Draft | undefined
  readonly files: Map<string, FolderFile>
  readonly folders: Map<string, Draft>
  readonly encoded: FolderChild[]
}

/**
 * The DAG of a folder from its files, whose content is hashed already: the CIDs of the profile unixfs-v1-2025, without modes and times.
 * Each folder is encoded when all in it is known, the deepest first, so the order of the input does not matter.
 *
 * @param emptyFolders paths of folders to keep although no file is below them
 * @throws ShoalError INVALID_ARGUMENT for a path that is not one, twice the same, or both file and folder; INVALID_CID;
 * TOO_LARGE for more entries, or longer paths, than a reader takes
 */
export async function buildFolder(
  files: Iterable<FolderFile>,
  emptyFolders: Iterable<string> = [],
): Promise<FolderDag> {
  const drafts = new Drafts()
  const fileTurn = turnEvery(FILES_PER_TURN)
  for (const file of files) {
    drafts.addFile(file)
    await fileTurn()
  }
  for (const path of emptyFolders) drafts.folder(partsOf(path))
  const dag = { nodes: new Map<string, Uint8Array>(), folders: new Map<string, FolderChild>() }
  const folderTurn = turnEvery(FOLDERS_PER_TURN)
  for (const draft of drafts.all.toReversed()) {
    await folderTurn()
    const children = [...draft.encoded]
    for (const [name, { cid, totalBytes }] of draft.files) children.push({ name, cid, totalBytes })
    const { cid, totalBytes, nodes } = await encodeFolder(children)
    for (const [nodeCid, bytes] of nodes) dag.nodes.set(nodeCid, bytes)
    const child = { name: draft.name, cid, totalBytes }
    dag.folders.set(draft.path, child)
    draft.parent?.encoded.push(child)
  }
  const { cid, totalBytes } = dag.folders.get('')!
  return { cid, totalBytes, ...dag }
}

class Drafts {
  readonly all: Draft[] = []
  readonly #root = this.#make('', '', undefined)
  #files = 0

  addFile(file: FolderFile): void {
    const { maxEntries } = DEFAULT_MANIFEST_LIMITS
    if (++this.#files > maxEntries)
      throw new ShoalError('TOO_LARGE', `A folder may have at most ${maxEntries} files.`)
    digestOfCid(file.cid)
    const parts = partsOf(file.path)
    const name = parts.pop()!
    const parent = this.folder(parts)
    if (parent.files.has(name) || parent.folders.has(name)) throw taken(file.path)
    parent.files.set(name, file)
  }

  /** The folder at a path, made with all that are above it when it is not there. */
  folder(parts: readonly string[]): Draft {
    let at = this.#root
    for (const name of parts) {
      if (at.files.has(name)) throw taken(parts.join('/'))
      at = at.folders.get(name) ?? this.#make(at.path === '' ? name : `${at.path}/${name}`, name, at)
    }
    return at
  }

  #make(path: string, name: string, parent: Draft | undefined): Draft {
    const draft: Draft = { path, name, parent, files: new Map(), folders: new Map(), encoded: [] }
    parent?.folders.set(name, draft)
    this.all.push(draft)
    return draft
  }
}

function partsOf(path: string): string[] {
  const { maxPathBytes } = DEFAULT_MANIFEST_LIMITS
  if (Buffer.byteLength(path) <= maxPathBytes) return splitPath(path)
  throw new ShoalError('TOO_LARGE', `A path is longer than ${maxPathBytes} bytes.`)
}

function taken(path: string): ShoalError {
  return new ShoalError('INVALID_ARGUMENT', `There are two entries at ${JSON.stringify(path)}.`)
}
