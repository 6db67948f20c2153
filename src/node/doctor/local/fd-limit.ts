import { readFile } from 'node:fs/promises'
import { checkOf, type DoctorCheck } from '../check.ts'

export interface FdFacts {
  /** Most files and sockets that a process may have open; Infinity for no limit, undefined when not known. */
  readonly limit: number | undefined
  /** Whose limit it is: the running node's, or that of a process started from here. */
  readonly of: 'node' | 'here'
}

/** 300 connections of libp2p, links, files that are hashed, served and fetched. */
const WARN_BELOW = 1024

export function fdLimitCheck({ limit, of }: FdFacts): DoctorCheck {
  const { ok, skipped, warn } = checkOf('fd-limit', 'Open files')
  if (limit === undefined) return skipped('This system does not tell how many files a process may have open.')
  const whose = of === 'node' ? 'The running node' : 'A node started from here'
  const detail = `${whose} may have ${Number.isFinite(limit) ? limit : 'any number of'} files and sockets open.`
  if (limit >= WARN_BELOW) return ok(detail)
  return warn(
    `${detail} With many peers that is too few.`,
    'Before shoal start: ulimit -n 65536. In a systemd unit, under [Service]: LimitNOFILE=65536',
  )
}

/** The limit of the process `pid`, where the system tells it (Linux), otherwise that of this process. */
export async function readFdLimit(pid: number | undefined): Promise<FdFacts> {
  if (pid !== undefined) {
    const limit = limitOf(await readFile(`/proc/${pid}/limits`, 'utf8').catch(() => ''))
    if (limit !== undefined) return { limit, of: 'node' }
  }
  return { limit: ownLimit(), of: 'here' }
}

/** The soft limit in the text of /proc/PID/limits (proc_pid_limits(5)). */
export function limitOf(text: string): number | undefined {
  const soft = /^Max open files +(\d+|unlimited) /m.exec(text)?.[1]
  return soft === undefined ? undefined : soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

function ownLimit(): number | undefined {
  // Looking up the names of all connections' ends can take minutes.
  Object.assign(process.report, { excludeNetwork: true })
  const { userLimits } = process.report.getReport() as {
    userLimits?: { open_files?: { soft?: number | string } }
  }
  const soft = userLimits?.open_files?.soft
  if (soft === 'unlimited') return Number.POSITIVE_INFINITY
  return typeof soft === 'number' ? soft : undefined
}
