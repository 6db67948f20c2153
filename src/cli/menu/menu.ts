import { homedir } from 'node:os'
import { printable } from '../../base/printable.ts'
import { VERSION } from '../../base/version.ts'
import type { CliIo, Tty } from '../io.ts'
import { Printer } from '../output/printer.ts'
import { EXIT, type ExitCode } from '../session.ts'
import type { Asker } from './asker.ts'
import { type Connected, connect } from './connect.ts'
import type { MenuContext, MenuEntry } from './context.ts'
import { ENTRIES } from './entries.ts'
import { keysOf } from './keys.ts'
import type { NodeChild } from './node-child.ts'
import { CommandRunner, type RunCli } from './runner.ts'

export interface MenuParts {
  readonly io: CliIo
  readonly tty: Tty
  readonly run: RunCli
  /** Asks until `signal` aborts. */
  readonly asker: (tty: Tty, signal: AbortSignal) => Asker
  /** Starts a node. @throws ShoalError */
  readonly start: (signal: AbortSignal) => Promise<NodeChild>
}

/** The menu of `shoal` without arguments at a terminal. Ends with the person's wish, SIGTERM, SIGHUP, or the terminal. */
export async function openMenu(io: CliIo, tty: Tty, run: RunCli): Promise<ExitCode> {
  const [{ clackAsker }, { startNodeChild }] = await Promise.all([
    import('./clack-asker.ts'),
    import('./node-child.ts'),
  ])
  return runMenu({
    ...{ io, tty, run },
    asker: clackAsker,
    start: (signal) => startNodeChild(io, signal),
  })
}

/** {@link openMenu} with its parts handed in. */
export async function runMenu({ io, tty, run, asker, start }: MenuParts): Promise<ExitCode> {
  const ending = new AbortController()
  const runner = new CommandRunner(io, run)
  const end = () => {
    ending.abort()
    runner.interrupt('SIGTERM')
  }
  const unlisten = io.onSignal((signal) => {
    if (signal === 'SIGINT' && runner.isRunning) runner.interrupt(signal)
    else end()
  })
  using keys = keysOf(tty, end)
  const terminal = { input: keys.input, output: tty.output }
  // A question alone does not keep the process alive.
  const hold = setInterval(() => {}, 60_000)
  const context: MenuContext = {
    ask: asker(terminal, ending.signal),
    run: runner,
    print: new Printer(io, false),
    tty: terminal,
    home: io.env.HOME || homedir(),
    signal: ending.signal,
  }
  context.print.line(`Shoal ${VERSION}`, 'bold')
  let node: Connected | undefined
  try {
    while (!ending.signal.aborted) {
      node = await connect({ io, context, start })
      if (!node) break
      runner.use(node.options)
      if (await untilLeft(context, node)) break
    }
  } finally {
    if (node?.child && !node.child.ended) {
      context.print.note('Stopping the node …', 'dim')
      await node.child.stop()
    }
    clearInterval(hold)
    unlisten()
  }
  return EXIT.ok
}

/** The menu for one node. @returns false when that node, started here, has ended by itself */
async function untilLeft(context: MenuContext, { url, child }: Connected): Promise<boolean> {
  const { ask, print, signal } = context
  const leave = child
    ? { value: undefined, label: 'Disconnect', hint: 'stops the node' }
    : { value: undefined, label: 'Disconnect', hint: 'the node runs on' }
  const choices = [...ENTRIES.map((entry) => ({ ...entry, value: entry as MenuEntry | undefined })), leave]
  while (!signal.aborted) {
    const entry = await ask.select(`Node at ${printable(url)}`, choices)
    if (!entry) return true
    await entry.run(context)
    if (child?.ended) {
      print.note('The node has stopped.', 'yellow')
      return false
    }
  }
  return true
}
