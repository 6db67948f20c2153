import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { toShoalError } from '../../../base/errors.ts'
import { IDENTITY_FILE, loadIdentity } from '../../../link/identity.ts'
import { checkOf, type DoctorCheck, shellWord } from '../check.ts'

export interface IdentityFacts {
  readonly path: string
  /** Undefined when there is none yet, or it cannot be read. */
  readonly peerId?: string
  readonly problem?: { readonly code: string; readonly message: string }
  /** PeerId that the running node has. */
  readonly runningAs?: string
}

export function identityCheck({ path, peerId, problem, runningAs }: IdentityFacts): DoctorCheck {
  const { ok, warn, broken } = checkOf('identity', 'Identity')
  const where = shellWord(path)
  if (problem?.code === 'PERMISSION_DENIED')
    return broken(problem.message, `Run: chmod 600 ${where}, as the user who owns it.`)
  if (problem)
    return broken(
      problem.message,
      `Put the file back from a backup. Without one the node needs a new identity: mv ${where} ${shellWord(`${path}.bad`)}, then shoal start.`,
    )
  if (runningAs !== undefined && peerId !== runningAs)
    return warn(
      `The node runs as ${runningAs}, and ${path} ${peerId ? `holds ${peerId}` : 'is gone'}.`,
      'Put the file back if that was not meant; restart the node to take what is there.',
    )
  return ok(peerId === undefined ? 'Will be made at the first start.' : `${peerId}.`)
}

/** Reads the key in `folder`; makes none. */
export async function readIdentity(folder: string, runningAs: string | undefined): Promise<IdentityFacts> {
  const path = join(folder, IDENTITY_FILE)
  const common = { path, ...(runningAs !== undefined && { runningAs }) }
  try {
    await access(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return common
  }
  try {
    return { ...common, peerId: (await loadIdentity(folder)).peerId }
  } catch (error) {
    const { code, message } = toShoalError(error, 'IO')
    return { ...common, problem: { code, message } }
  }
}
