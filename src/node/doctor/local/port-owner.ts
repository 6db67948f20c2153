import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename } from 'node:path'

/** A process that listens. */
export interface PortOwner {
  readonly pid: number
  /** Name of its program, such as `node`. */
  readonly name: string
}

/** State of a listening socket in /proc/net/tcp (include/net/tcp_states.h). */
const LISTEN = '0A'
/** Processes looked at, and sockets and files of each. */
const MAX_PROCESSES = 10_000
const MAX_FILES = 4096

/** Who listens on a TCP port of this machine, as far as this user may know (Linux); undefined when it cannot be told. */
export async function portOwner(port: number): Promise<PortOwner | undefined> {
  try {
    const tables = await Promise.all(
      ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8').catch(() => '')),
    )
    const sockets = new Set(
      tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`),
    )
    if (sockets.size === 0) return undefined
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).slice(0, MAX_PROCESSES)
    for (const pid of pids)
      if (await hasOpen(pid, sockets)) return { pid: Number(pid), name: await nameOf(pid) }
  } catch {
    // Another system, or one that shows nothing.
  }
  return undefined
}

/** Inodes of the sockets that listen on `port`, of the text of /proc/net/tcp or tcp6 (proc_pid_net(5)). */
export function listeningInodes(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [, local = '', , state] = fields
    return state === LISTEN && local.endsWith(wanted) && fields[9] ? [fields[9]] : []
  })
}

async function hasOpen(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  // Other users' processes do not show theirs.
  const files = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const file of files.slice(0, MAX_FILES)) {
    const target = await readlink(`/proc/${pid}/fd/${file}`).catch(() => '')
    if (sockets.has(target)) return true
  }
  return false
}

/** The program that runs: threads may be named otherwise than what they run, as those of Node are. */
async function nameOf(pid: string): Promise<string> {
  const [program = ''] = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
  return basename(program).split(/[ :]/)[0] || 'a program'
}
