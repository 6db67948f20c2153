import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { ShoalError } from '../../base/errors.ts'
import { defaultDataDir, type Environment, nodeFile, runtimeFile } from '../../base/paths.ts'

/** How a command was told which node it is for. */
export interface NodeChoice {
  /** `--node`: address of the node's HTTP API. */
  node?: string
  /** `--data`: the node's data folder. */
  data?: string
}

export interface NodeAddress {
  /** Base of the HTTP API without `/` at the end: `http://127.0.0.1:8081`. */
  readonly url: string
  /** For calls that change something; undefined when none was found. */
  readonly token: string | undefined
  /** What to do when nobody answers there. */
  readonly startHint: string
}

/** What a running node writes about itself (0600) into its data folder and the user's runtime folder. */
interface NodeFile {
  http: string
  token: string
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/

/**
 * The node that a command talks to: `--node`, else `SHOAL_NODE`, else the one whose data folder is `--data`, else
 * `SHOAL_DATA`, else the default data folder.
 *
 * The token of a node given by address is `SHOAL_TOKEN`, else the one in `--data`, else the one that a node of this user noted for
 * that port; the last only for loopback addresses, so that no token is ever sent to another machine unasked.
 *
 * @throws ShoalError INVALID_ARGUMENT for a malformed address, NODE_UNREACHABLE when the folder has no running node
 */
export function locateNode(choice: NodeChoice, { env, cwd }: { env: Environment; cwd: string }): NodeAddress {
  const given = choice.node ?? (env.SHOAL_NODE || undefined)
  if (given !== undefined) {
    const url = parseAddress(given)
    const token =
      (env.SHOAL_TOKEN || undefined) ??
      (choice.data === undefined ? undefined : tokenIn(readNodeFile(nodeFile(resolve(cwd, choice.data))))) ??
      (LOOPBACK.test(url.hostname) ? tokenIn(readNodeFile(runtimeFile(portOf(url), env))) : undefined)
    return {
      url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
      token,
      startHint: 'Is the address right, and does the node run there?',
    }
  }
  const folder = choice.data ?? (env.SHOAL_DATA || undefined)
  const dataDir = folder === undefined ? defaultDataDir(env) : resolve(cwd, folder)
  const startHint = `Start it with: shoal start${choice.data === undefined ? '' : ` --data ${choice.data}`}`
  const noted = readNodeFile(nodeFile(dataDir))
  if (!noted) {
    throw new ShoalError('NODE_UNREACHABLE', `No node runs with the data folder ${dataDir}. ${startHint}`)
  }
  return { url: noted.http.replace(/\/+$/, ''), token: tokenIn(noted), startHint }
}

function parseAddress(text: string): URL {
  const address = /^https?:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(address)) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      `"${text}" is no address of a node. Give one like http://127.0.0.1:8081.`,
    )
  }
  return new URL(address)
}

const portOf = (url: URL): number => Number(url.port || (url.protocol === 'https:' ? 443 : 80))

function readNodeFile(path: string): NodeFile | undefined {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8'))
    const complete = typeof value?.http === 'string' && typeof value.token === 'string'
    return complete && URL.canParse(value.http) ? value : undefined
  } catch {
    // Not there, not ours to read, or half a file: in each case nothing is known about a node.
    return undefined
  }
}

function tokenIn(noted: NodeFile | undefined): string | undefined {
  if (!noted) return undefined
  try {
    return readFileSync(noted.token, 'utf8').trim() || undefined
  } catch {
    return undefined
  }
}
