import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { linkSignals } from '../../base/signals.ts'
import type { NodeClient } from '../client/node-client.ts'
import type { VerificationJson, VerificationReport, VerifyEvent } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import { type Act, type ClientOptions, EXIT, type ExitCode, type Handler, type Session } from '../session.ts'
import { looksLikeCid } from './rm.ts'
import { adviceOn, damageOf, progressOf, summaryOf, verifyLiveLine } from './verify-text.ts'

interface VerifyOptions extends ClientOptions {
  detach?: boolean
  status?: boolean
  stop?: boolean
}

export function addVerify(program: Command, act: Act): void {
  const command = program
    .command('verify')
    .description('read shared files again and tell which are not what was shared')
    .argument('[targets...]', 'paths or CIDs (default: everything)')
    .option('--detach', 'begin, and do not wait for the end')
    .option('--status', 'tell how far it is and what was found')
    .option('--stop', 'stop it')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal verify', 'everything that is shared'],
        ['shoal verify ~/Music song.flac', 'a folder and a file'],
        ['shoal verify --detach', 'in the background; shoal verify --status tells how it is getting on'],
      ),
    )
    .addHelpText(
      'after',
      '\nOne verification goes on at a time: what is asked for meanwhile joins it. It keeps out of the way of everything else, goes on' +
        '\nwhen the node is started again, and Ctrl-C leaves it going on. A damaged file is not shared until it is whole again.' +
        '\nExit status: 1 something is damaged, 3 a target is not shared.',
    )
    .action(act(verify))
}

const verify: Handler<VerifyOptions, [string[]]> = async (session, options, targets) => {
  const { detach, status, stop } = options
  if ([detach, status, stop].filter(Boolean).length > 1) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      'Give one of --detach, --status and --stop. See: shoal verify --help',
    )
  }
  if ((status || stop) && targets.length > 0) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      'Targets are for beginning: leave them out with --status and --stop.',
    )
  }
  const client = await session.client()
  if (status) return tellStatus(session, client)
  if (stop) return tellStop(session, client)
  const body = {
    targets: targets.map((given) => (looksLikeCid(given) ? given : resolve(session.io.cwd, given))),
  }
  const begun = await client.json<VerificationJson>('POST', '/library/verify', { body })
  if (!detach) return follow(session, client)
  session.print.row(progressOf(begun))
  session.print.note(`Verifies ${summaryOf(begun)}. Follow it with: ${again(session, '--status')}`)
  return undefined
}

async function tellStatus({ print, sameNode }: Session, client: NodeClient): Promise<ExitCode> {
  const report = await client.json<VerificationReport>('GET', '/library/verify')
  const { damagedFiles, state, files, bytes, damaged, ms } = report
  for (const finding of damagedFiles) {
    print.row({ event: 'damaged', ...finding })
    print.line(damageOf(finding), 'red')
  }
  const left = damaged - damagedFiles.length
  if (left > 0) print.line(`and ${left} more`)
  if (state === 'running') print.row(progressOf(report))
  else if (state === 'done') print.row({ event: 'done', files, bytes, damaged, ms })
  else print.row({ ...progressOf(report), event: state })
  print.line(STATES[state](summaryOf(report)))
  for (const line of adviceOn(damagedFiles, sameNode)) print.note(line, 'yellow')
  return damaged > 0 ? EXIT.error : EXIT.ok
}

const STATES: Record<VerificationJson['state'], (summary: string) => string> = {
  idle: () => 'Nothing was verified yet.',
  running: (summary) => `Going on: ${summary}.`,
  done: (summary) => `Done: ${summary}.`,
  stopped: (summary) => `Stopped: ${summary}.`,
}

async function tellStop({ print }: Session, client: NodeClient): Promise<undefined> {
  const stopped = await client.json<VerificationJson>('DELETE', '/library/verify')
  print.row({ ...progressOf(stopped), event: stopped.state })
  print.line(STATES[stopped.state](summaryOf(stopped)))
}

/** Tells what happens until the end. */
async function follow(session: Session, client: NodeClient): Promise<ExitCode> {
  const { io, print, sameNode } = session
  using leave = linkSignals()
  const interruption = new ShoalError(
    'CANCELLED',
    `Interrupted. The node goes on; follow it with: ${again(session, '--status')}; or stop it with: ${again(session, '--stop')}`,
  )
  const unlisten = io.onSignal(() => leave.abort(interruption))
  const damaged: Extract<VerifyEvent, { event: 'damaged' }>[] = []
  try {
    for await (const event of client.lines<VerifyEvent>('GET', '/library/verify/events', {
      signal: leave.signal,
    })) {
      print.row(event)
      if (event.event === 'progress') print.live((columns) => verifyLiveLine(event, columns))
      if (event.event === 'damaged') {
        print.line(damageOf(event), 'red')
        if (damaged.length < MAX_ADVICE) damaged.push(event)
      }
      if (event.event === 'stopped') throw new ShoalError('CANCELLED', 'The verification was stopped.')
      if (event.event !== 'done') continue
      const isWell = event.damaged === 0
      print.note(`${summaryOf({ ...event, state: 'done' })}.`, isWell ? 'green' : 'red')
      for (const line of adviceOn(damaged, sameNode)) print.note(line, 'yellow')
      return isWell ? EXIT.ok : EXIT.error
    }
    throw new ShoalError('UNAVAILABLE', 'The node stopped.')
  } catch (error) {
    if (!(error instanceof ShoalError) || error.code !== 'UNAVAILABLE') throw error
    const advice = `It goes on where it was when the node runs again; follow it with: ${again(session, '--status')}`
    throw new ShoalError('UNAVAILABLE', `${error.message} ${advice}`, { cause: error })
  } finally {
    unlisten()
  }
}

/** Damaged files for which it is told what to do. */
const MAX_ADVICE = 100

const again = ({ sameNode }: Session, option: string) => `shoal verify${sameNode} ${option}`
