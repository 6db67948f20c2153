import { ShoalError, toShoalError } from '../../base/errors.ts'
import { locateNode } from '../client/locate-node.ts'
import { NodeClient } from '../client/node-client.ts'
import type { CliIo } from '../io.ts'
import { notEmpty } from './asker.ts'
import type { MenuContext } from './context.ts'
import type { NodeChild } from './node-child.ts'
import type { NodeOptions } from './runner.ts'

export interface ConnectParts {
  readonly io: CliIo
  readonly context: MenuContext
  /** Starts a node. */
  readonly start: (signal: AbortSignal) => Promise<NodeChild>
}

/** A node to work with; `child` when the menu has started it. */
export interface Connected {
  readonly url: string
  readonly options: NodeOptions
  readonly child?: NodeChild
}

/** How long a node may take to answer, ms. */
const ANSWER_MS = 10_000

/** The node that runs already, else one that the person has started or named; undefined when they leave. */
export async function connect(parts: ConnectParts): Promise<Connected | undefined> {
  const { io, context } = parts
  const { ask, print, signal } = context
  try {
    const url = await answering(parts, {})
    return { url, options: { args: [], env: io.env } }
  } catch (error) {
    const { code, message } = toShoalError(error)
    // That none runs is what the question says.
    if (code !== 'NODE_UNREACHABLE' || io.env.SHOAL_NODE) print.note(message, 'yellow')
  }
  while (!signal.aborted) {
    const what = await ask.select('No node runs here.', [
      { value: 'start', label: 'Start a node', hint: 'it stops when you leave this menu' },
      { value: 'address', label: 'Use a node at another address' },
    ])
    if (what === undefined) return undefined
    try {
      const found = what === 'start' ? await started(parts) : await named(parts)
      if (found) return found
    } catch (error) {
      print.note(`shoal: ${toShoalError(error).message}`, 'red')
    }
  }
  return undefined
}

async function started({ io, context, start }: ConnectParts): Promise<Connected> {
  const { print, run, signal } = context
  // What names another node must not lead the commands away from this one.
  const env = { ...io.env, SHOAL_NODE: undefined, SHOAL_TOKEN: undefined }
  print.note('Starting …', 'dim')
  const child = await run.task((interrupted) => start(AbortSignal.any([signal, interrupted])))
  return { url: child.http, options: { args: ['--node', child.http], env }, child }
}

async function named(parts: ConnectParts): Promise<Connected | undefined> {
  const { ask } = parts.context
  const node = await ask.text('Address of its HTTP API?', {
    placeholder: 'http://192.0.2.7:8081',
    check: notEmpty,
  })
  if (node === undefined) return undefined
  const url = await answering(parts, { node })
  return { url, options: { args: ['--node', url], env: parts.io.env } }
}

/** The URL of the node of that choice, when it answers. @throws ShoalError as locateNode and NodeClient do */
async function answering({ io, context }: ConnectParts, choice: { node?: string }): Promise<string> {
  const address = locateNode(choice, io)
  await context.run.task(async (interrupted) => {
    const late = AbortSignal.timeout(ANSWER_MS)
    const signal = AbortSignal.any([context.signal, interrupted, late])
    try {
      await new NodeClient(address).json('GET', '/status', { signal })
    } catch (error) {
      if (!late.aborted) throw error
      throw new ShoalError('NODE_UNREACHABLE', `No node answers at ${address.url}.`, { cause: error })
    }
  })
  return address.url
}
