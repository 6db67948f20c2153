import { readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../base/atomic-file.ts'
import { type Clock, every } from '../base/clock.ts'
import { toShoalError } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { loadNetwork, NETWORK_FILE, readNetworkFile } from '../link/network-file.ts'
import type { PrivateNetwork } from '../link/private-network.ts'
import type { StateDatabase } from '../storage/state-database.ts'

/** How often the file is looked at, ms; as often as config.json. */
const WATCH_MS = 1000
/** Holds the fingerprint of the private network of the last start; missing after a start in the public one. */
const LAST_NETWORK_FILE = 'network.last'
/** Values that are forgotten at a time. */
const FORGET_BATCH = 500
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1)$/

export interface NetworkContext {
  /** Data folder. */
  folder: string
  env: Readonly<Record<string, string | undefined>>
  /** Where the HTTP API listens. */
  httpHost: string
  log: Logger
  clock: Clock
  /** Told what is to be stopped at the end. */
  stack: AsyncDisposableStack
}

/**
 * The private network that this process is a member of; undefined for the public one. While the process runs, changes of the file to
 * who is allowed take effect at once; another network needs a restart.
 *
 * @throws ShoalError as loadNetwork
 */
export async function openNetwork(context: NetworkContext): Promise<PrivateNetwork | undefined> {
  const { folder, env, httpHost, log } = context
  // Before it is read: a change in between is then seen at the first look.
  const seen = signatureOf(folder)
  const network = await loadNetwork(folder, env)
  if (!network) return undefined
  const { name, key } = network
  log.info({ network: name, fingerprint: key.fingerprint }, `is a member of the private network "${name}"`)
  if (!LOOPBACK.test(httpHost))
    log.warn({ httpHost }, 'the HTTP API is open to others: it does not ask whether they are members')
  watch(network, seen, context)
  return network
}

function watch(network: PrivateNetwork, first: string, { folder, log, clock, stack }: NetworkContext): void {
  let seen = first
  const timer = every(clock, WATCH_MS, async () => {
    const now = signatureOf(folder)
    if (now === seen) return
    seen = now
    try {
      const kept = await readNetworkFile(folder)
      if (!kept?.key.equals(network.key)) {
        log.warn(`is still a member of "${network.name}": another network takes effect at the next start`)
        return
      }
      network.setAllowed(kept.allowed)
      log.info({ allowed: kept.allowed?.length ?? 'everybody' }, 'the list of those allowed is read anew')
    } catch (error) {
      log.error({ err: error }, `the list of those allowed stays as it was: ${toShoalError(error).message}`)
    }
  })
  stack.defer(() => timer.cancel())
}

/** Changes whenever the file does. */
function signatureOf(folder: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(join(folder, NETWORK_FILE))
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
}

/**
 * Calls `forget` when the last start in this data folder was in another network: what was learned of peers there is nobody's business
 * here.
 */
export function forgetOtherNetwork(
  folder: string,
  network: PrivateNetwork | undefined,
  forget: () => void,
): void {
  const path = join(folder, LAST_NETWORK_FILE)
  const now = network?.key.fingerprint
  if (lastNetwork(folder) === now) return
  forget()
  if (now === undefined) rmSync(path, { force: true })
  else writeFileAtomic(path, `${now}\n`, 0o600)
}

/** Peers and values that were learned of: everything in state.db that others have told. */
export function forgetPeers({ peers, values }: Pick<StateDatabase, 'peers' | 'values'>): void {
  peers.prune({ maxPeers: 0, seenSinceMs: Number.MAX_SAFE_INTEGER })
  values.transaction(() => {
    for (let page = values.page('', FORGET_BATCH); page.length > 0; page = values.page('', FORGET_BATCH))
      for (const { key } of page) values.remove(key)
  })
}

/** Fingerprint of the private network of the last start in a data folder; undefined for the public one. @throws system errors */
export function lastNetwork(folder: string): string | undefined {
  try {
    return readFileSync(join(folder, LAST_NETWORK_FILE), 'utf8').trim()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
