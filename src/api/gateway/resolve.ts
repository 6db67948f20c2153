import { ShoalError } from '../../base/errors.ts'
import { DAG_PB } from '../../content/cid.ts'
import { type DagNode, findInFolder } from '../../content/folder-walk.ts'
import { isEntryName } from '../../content/names.ts'
import type { OpenOptions } from '../content-port.ts'
import type { Lease, OpenContents } from './open-contents.ts'

/** What stands at the end of a path. Disposing it lets go of what was opened on the way. */
export interface Resolved extends Disposable {
  /** Its CID; of a folder, also when `lease` is of one above it. */
  readonly cid: string
  readonly lease: Lease
  /** CIDs of all parts of the path, the one that it begins with first. */
  readonly roots: readonly string[]
  /** Nodes that prove the path, in its order, those of `cid` left out. */
  readonly trail: readonly DagNode[]
}

/**
 * Follows a path of names from a CID.
 *
 * @throws ShoalError NOT_FOUND, saying which part is missing, and what opening throws
 */
export async function resolve(
  contents: OpenContents,
  { root, segments }: { root: string; segments: readonly string[] },
  options: Omit<OpenOptions, 'within'>,
): Promise<Resolved> {
  let lease = await contents.lease(root, options)
  try {
    const roots = [root]
    const trail: DagNode[] = []
    let cid = root
    for (const [index, name] of segments.entries()) {
      const missing = () => notThere([root, ...segments.slice(0, index + 1)])
      if (lease.kind === 'file' || !isEntryName(name)) throw missing()
      const { folder } = lease
      const { link, nodes } = await findInFolder(cid, name, (each) => folder.node(each))
      if (!link) throw missing()
      trail.push(...nodes)
      cid = link.cid
      if (link.codec !== DAG_PB || !folder.node(cid)) {
        const next = await contents.lease(cid, { ...options, within: [...roots] })
        lease[Symbol.dispose]()
        lease = next
      }
      roots.push(cid)
    }
    const final = lease
    return { cid, lease, roots, trail, [Symbol.dispose]: () => final[Symbol.dispose]() }
  } catch (error) {
    lease[Symbol.dispose]()
    throw error
  }
}

function notThere(parts: readonly string[]): ShoalError {
  return new ShoalError('NOT_FOUND', `There is no /ipfs/${parts.join('/')}.`)
}
