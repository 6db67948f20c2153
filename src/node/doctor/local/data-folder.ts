import { checkOf, type DoctorCheck, shellWord } from '../check.ts'

/** A file or folder that is there. */
export interface Rights {
  /** Permission bits. */
  readonly mode: number
  /** Owner's user id. */
  readonly uid: number
}

export interface FolderFacts {
  readonly path: string
  /** Who looks; undefined where there are no user ids (Windows), and rights are not looked at. */
  readonly uid: number | undefined
  /** `denied`: it, or what it would be made in, cannot be used; `problem` says why. */
  readonly state: 'there' | 'missing' | 'no-folder' | 'denied'
  readonly problem?: string
  readonly rights?: Rights
  /** Files that only the owner may read, as far as they are there. */
  readonly secrets: readonly (Rights & { readonly path: string })[]
}

const WRITE_OF_OTHERS = 0o022
const ANY_OF_OTHERS = 0o077

/** Whether the data folder can be used, and whether others are kept out of it. */
export function dataFolderCheck({ path, uid, state, problem, rights, secrets }: FolderFacts): DoctorCheck {
  const { ok, warn, broken } = checkOf('data-folder', 'Data folder')
  const elsewhere = 'give another folder with --data DIR.'
  if (state === 'missing') return ok(`${path} will be made at the first start.`)
  if (state === 'no-folder') return broken(`${path} is not a folder.`, `Move the file away, or ${elsewhere}`)
  if (state === 'denied')
    return broken(`${path} cannot be used: ${problem}.`, `Run as the user who owns it, or ${elsewhere}`)
  if (uid === undefined || !rights) return ok(`${path} can be written.`)
  const others = [{ path, ...rights }, ...secrets].filter((each) => each.uid !== uid)
  if (others.length > 0) {
    const paths = others.map((each) => each.path)
    const owner = others[0]!.uid
    const fix = `Run as that user, or take it over: sudo chown -R ${uid} ${shellWord(path)}`
    const detail = `${paths.join(', ')} ${paths.length > 1 ? 'belong' : 'belongs'} to another user (id ${owner}).`
    // The superuser can use it all the same, but what is made now is not the owner's.
    return uid === 0 ? warn(detail, fix) : broken(detail, fix)
  }
  const open = secrets.filter(({ mode }) => (mode & ANY_OF_OTHERS) !== 0)
  const octal = (mode: number) => (mode & 0o777).toString(8).padStart(4, '0')
  if (open.length > 0)
    return broken(
      `Others can read the secrets ${open.map((each) => `${each.path} (${octal(each.mode)})`).join(', ')}.`,
      `Run: chmod 600 ${open.map((each) => shellWord(each.path)).join(' ')}`,
    )
  const close = `Run: chmod 700 ${shellWord(path)}`
  if ((rights.mode & WRITE_OF_OTHERS) !== 0)
    return broken(`Others can change what is in ${path} (${octal(rights.mode)}).`, close)
  if ((rights.mode & ANY_OF_OTHERS) !== 0)
    return warn(`Others can look into ${path} (${octal(rights.mode)}): names of files, and of peers.`, close)
  return ok(`${path} can be written, and others are kept out.`)
}
