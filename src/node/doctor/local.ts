import { readFile } from 'node:fs/promises'
import { type Environment, nodeFile } from '../../base/paths.ts'
import { abortable } from '../../base/signals.ts'
import { checkOf, type DoctorCheck } from './check.ts'
import { configCheck, readConfig, type Settings } from './local/config.ts'
import { dataFolderCheck } from './local/data-folder.ts'
import { diskCheck } from './local/disk.ts'
import { fdLimitCheck, readFdLimit } from './local/fd-limit.ts'
import { identityCheck, readIdentity } from './local/identity.ts'
import { networkCheck, readNetwork } from './local/network.ts'
import { nodeVersionCheck } from './local/node-version.ts'
import { type LocalPaths, localPaths } from './local/paths.ts'
import { portsCheck } from './local/ports.ts'
import { readDisk, readFolder, reason } from './local/read-folder.ts'
import { type Listens, readPorts } from './local/read-ports.ts'
import { readShares, sharesCheck } from './local/shares.ts'

export type { DoctorCheck, DoctorStatus } from './check.ts'

/** What the running node says of itself over its API. */
export interface RunningNode {
  readonly peerId: string
  readonly http: string
  readonly grpc?: string | undefined
  /** Multiaddrs. */
  readonly p2p: readonly string[]
  /** Undefined when it may not be asked. */
  readonly settings?: Settings | undefined
}

export interface LocalSetup {
  /** As given with --data; undefined for the XDG places. */
  readonly dataDir: string | undefined
  readonly env: Environment
  /** Undefined when none answers. */
  readonly running: RunningNode | undefined
}

/** Titles of the checks that need no running node, by their ids. */
const TITLES = {
  config: 'Configuration',
  'data-folder': 'Data folder',
  disk: 'Disk space',
  'fd-limit': 'Open files',
  ports: 'Ports',
  'node-version': 'Node.js',
  shares: 'Shares',
  identity: 'Identity',
  network: 'Private network',
} as const

const NO_TOKEN = 'The node tells its settings only to those who have its token; see node.'

type LocalId = keyof typeof TITLES

/**
 * The checks that need no running node, in the order in which they are shown. Nothing is made or changed. A check that cannot be made,
 * or hangs until `signal` aborts (as on a file server that is away), is broken.
 */
export async function localChecks(setup: LocalSetup, signal: AbortSignal): Promise<DoctorCheck[]> {
  const { dataDir, env, running } = setup
  const paths = localPaths(dataDir, env)
  const read = readConfig(paths.config, env)
  const settings = running?.settings ?? read.settings
  const made: Record<LocalId, () => DoctorCheck | Promise<DoctorCheck>> = {
    config: () => configCheck(read.facts),
    'data-folder': async () => dataFolderCheck(await readFolder(paths.root)),
    disk: async () => diskCheck(await readDisk(foldersOf(paths, settings))),
    'fd-limit': async () => fdLimitCheck(await readFdLimit(running && (await pidIn(paths.root)))),
    ports: async () => {
      // Flags may have named other ports than the file does.
      if (running && !running.settings) return checkOf('ports', TITLES.ports).skipped(NO_TOKEN)
      if (!settings) return unread('ports')
      return portsCheck(await readPorts(settings, await listensOf(running, paths.root)), paths.config)
    },
    'node-version': () => nodeVersionCheck(process.versions.node),
    shares: async () => (settings ? sharesCheck(await readShares(settings.config.shares)) : unread('shares')),
    identity: async () => identityCheck(await readIdentity(paths.root, running?.peerId)),
    network: async () => networkCheck(await readNetwork(paths.root, env)),
  }
  return Promise.all(
    Object.entries(made).map(async ([id, make]) => {
      try {
        return await abortable(Promise.resolve().then(make), signal)
      } catch (error) {
        return failed(id as LocalId, error, signal)
      }
    }),
  )
}

/** In place of the checks of a machine that is not this one. */
export function skippedLocalChecks(why: string): DoctorCheck[] {
  return Object.entries(TITLES).map(([id, title]) => checkOf(id, title).skipped(why))
}

/** In place of the node's check of the clock. */
export function skippedClock(): DoctorCheck {
  return checkOf('clock', 'Clock').skipped('Compared with other clocks by a running node only.')
}

function failed(id: LocalId, error: unknown, signal: AbortSignal): DoctorCheck {
  const { broken } = checkOf(id, TITLES[id])
  if (signal.aborted)
    return broken(
      'No answer in time.',
      'Look at the disks: a file server that is away, or a disk that fails, may hang.',
    )
  return broken(`Cannot be looked at: ${reason(error)}.`, 'Run shoal doctor as the user who runs the node.')
}

function unread(id: 'ports' | 'shares'): DoctorCheck {
  return checkOf(id, TITLES[id]).skipped('The configuration cannot be read; see config.')
}

function foldersOf(paths: LocalPaths, settings: Settings | undefined) {
  return [
    { what: 'the data folder', path: paths.root },
    { what: 'downloads', path: settings?.config.downloads || paths.downloads },
  ]
}

/** The process that noted itself in the data folder; undefined when none has. */
async function pidIn(root: string): Promise<number | undefined> {
  try {
    const { pid } = JSON.parse(await readFile(nodeFile(root), 'utf8')) as { pid?: unknown }
    return Number.isSafeInteger(pid) ? (pid as number) : undefined
  } catch {
    return undefined
  }
}

async function listensOf(running: RunningNode | undefined, root: string): Promise<Listens> {
  const pid = await pidIn(root)
  const noted = pid === undefined ? {} : { pid }
  if (!running) return noted
  const own = running.p2p.filter((address) => !address.includes('/p2p-circuit'))
  const portIn = (address: string | undefined) => Number(/\/tcp\/(\d+)/.exec(address ?? '')?.[1]) || undefined
  const isWs = (address: string) => /\/tcp\/\d+\/ws(\/|$)/.test(address)
  const { config } = running.settings ?? {}
  const among = (addresses: readonly string[], wanted: number | undefined) =>
    addresses.map(portIn).find((port) => port === wanted) ?? portIn(addresses[0])
  return {
    ...noted,
    used: {
      httpPort: portOf(running.http),
      grpcPort: portOf(running.grpc),
      p2pPort: among(
        own.filter((address) => !isWs(address)),
        config?.p2pPort,
      ),
      p2pWsPort: among(own.filter(isWs), config?.p2pWsPort),
    },
  }
}

/** The port of HOST:PORT or of a URL. */
const portOf = (address: string | undefined): number | undefined =>
  Number(/:(\d+)\/?$/.exec(address ?? '')?.[1]) || undefined
