import { formatBytes, GIB, MIB } from '../../../base/units.ts'
import { checkOf, type DoctorCheck } from '../check.ts'

export interface DiskFacts {
  /** `data folder`, `downloads`. */
  readonly what: string
  readonly path: string
  readonly freeBytes?: number
  /** Folders on the same device share its space. */
  readonly device?: number
  /** Why the space is not known. */
  readonly problem?: string
}

/** A film or two still fit. */
const WARN_BYTES = 5 * GIB
/** The databases cannot be relied upon any more. */
const BROKEN_BYTES = 100 * MIB

/** Whether there is room for the databases and for downloads. */
export function diskCheck(folders: readonly DiskFacts[]): DoctorCheck {
  const { ok, skipped, warn, broken } = checkOf('disk', 'Disk space')
  const known = folders.flatMap(({ freeBytes, ...each }) =>
    freeBytes === undefined ? [] : [{ ...each, freeBytes }],
  )
  const unknown = folders.filter(({ freeBytes }) => freeBytes === undefined)
  const least = Math.min(...known.map(({ freeBytes }) => freeBytes))
  const problems = unknown.map(({ what, path, problem }) => `${what} (${path}): ${problem ?? 'not known'}`)
  if (known.length === 0) return skipped(`Cannot be told: ${problems.join('; ')}.`)
  const isShared = known.length > 1 && known.every(({ device }) => device === known[0]!.device)
  const rows = isShared
    ? [`${formatBytes(known[0]!.freeBytes)} for ${known.map(({ what }) => what).join(' and ')}`]
    : known.map(({ what, path, freeBytes }) => `${formatBytes(freeBytes)} for ${what} (${path})`)
  const detail = `Free: ${[...rows, ...problems].join('; ')}.`
  const fix =
    'Make room, or put downloads elsewhere: "downloads" in config.json (shoal config set downloads /BIG/DISK while the node runs). The data folder moves with --data DIR while the node is stopped.'
  if (least < BROKEN_BYTES) return broken(detail, fix)
  return least < WARN_BYTES ? warn(detail, fix) : ok(detail)
}
