import { existsSync } from 'node:fs'
import { type ShoalError, toShoalError } from '../../base/errors.ts'
import { defaultDataDir, nodeFile } from '../../base/paths.ts'
import type { DoctorCheck, RunningNode } from '../../node/doctor/local.ts'
import type { ConfigJson, StatusJson } from '../client/rest.ts'
import type { ClientOptions, Session } from '../session.ts'
import { dataFolder } from './server-options.ts'

/** What a node that was asked has said. */
export interface Answer {
  /** Undefined when none answers. */
  readonly running: RunningNode | undefined
  /** Where it keeps its files, on whatever machine. */
  readonly dataDir: string | undefined
  /** Its own checks; undefined when it did not make them. */
  readonly checks: DoctorCheck[] | undefined
  /** The check of the node itself, the first line. */
  readonly node: DoctorCheck
}

/**
 * Asks the node for its status, settings and checks. That none answers is a finding too.
 *
 * @throws ShoalError INVALID_ARGUMENT for an address that is none
 */
export async function askNode(
  session: Session,
  options: ClientOptions,
  signal: AbortSignal,
): Promise<Answer> {
  let running: RunningNode | undefined
  let dataDir: string | undefined
  try {
    const client = await session.client()
    const status = await client.json<StatusJson>('GET', '/status', { signal })
    running = { peerId: status.peerId, http: status.http, grpc: status.grpc, p2p: status.p2p }
    dataDir = status.dataDir
    const { config, sources } = await client.json<ConfigJson>('GET', '/config', { signal })
    running = { ...running, settings: { config, sources } as unknown as NonNullable<RunningNode['settings']> }
    const { checks } = await client.json<{ checks: DoctorCheck[] }>('GET', '/doctor', { signal })
    const detail = `${status.name} ${status.version} answers at ${status.http}.`
    return { running, dataDir, checks, node: nodeCheck('ok', detail, '') }
  } catch (error) {
    const problem = toShoalError(error)
    if (problem.code === 'INVALID_ARGUMENT') throw problem
    return { running, dataDir, checks: undefined, node: silence(problem, running, session, options) }
  }
}

/** Why the checks of the node are not there. */
function silence(
  { code, message }: ShoalError,
  running: RunningNode | undefined,
  session: Session,
  options: ClientOptions,
): DoctorCheck {
  if (running && code === 'UNAUTHENTICATED')
    return nodeCheck(
      'warn',
      `Runs, but makes its checks for its owner only. ${message}`,
      `shoal doctor --data DIR, or SHOAL_TOKEN=… shoal doctor`,
    )
  if (code !== 'NODE_UNREACHABLE') {
    const restart = 'Restart the node. If that does not help, see what it logs: shoal start --log-level debug'
    return nodeCheck('broken', `Does not answer as it should: ${message}`, restart)
  }
  if (isNamed(session, options))
    return nodeCheck(
      'broken',
      message,
      'Is the address right (--node, SHOAL_NODE)? On that machine: shoal start',
    )
  const data = options.data === undefined ? '' : ` --data ${options.data}`
  return nodeCheck(
    'skipped',
    'No node runs here, so the checks that need one are left out.',
    `shoal start${data}`,
  )
}

/** Whether the caller named the node by its address, so that it is expected to run. */
const isNamed = ({ io }: Session, options: ClientOptions) => Boolean(options.node ?? io.env.SHOAL_NODE)

function nodeCheck(status: DoctorCheck['status'], detail: string, fix: string): DoctorCheck {
  return { id: 'node', status, title: 'Running node', detail, fix }
}

/** The data folder to look at, as for --data (undefined: the usual places); `elsewhere` with the reason when it is not on this machine. */
export type Place = { readonly dataDir: string | undefined } | { readonly elsewhere: string }

/** Where the files of the node lie that was asked. */
export function placeOf(session: Session, options: ClientOptions, { dataDir }: Answer): Place {
  const { io } = session
  if (!isNamed(session, options) || options.data !== undefined) return { dataDir: dataFolder(options, io) }
  if (dataDir === undefined)
    return { elsewhere: 'Where the data folder of that node is, is not known: give it with --data.' }
  // What notes itself there is this node, or the folder is another machine's.
  if (!existsSync(nodeFile(dataDir)))
    return { elsewhere: 'The node runs on another machine, or as another user: run shoal doctor there.' }
  return { dataDir: dataDir === defaultDataDir(io.env) ? undefined : dataDir }
}
