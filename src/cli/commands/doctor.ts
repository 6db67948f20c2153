import { type Command, InvalidArgumentError } from 'commander'
import { withDeadline } from '../../base/signals.ts'
import type { DoctorCheck, DoctorStatus } from '../../node/doctor/local.ts'
import { examples, parseSeconds, withClientOptions } from '../options.ts'
import type { Printer, Style } from '../output/printer.ts'
import { type Act, type ClientOptions, EXIT, type Handler } from '../session.ts'
import { askNode, placeOf } from './doctor-node.ts'

interface DoctorOptions extends ClientOptions {
  timeout?: number
}

/** Nothing is waited for any longer, ms: twice what a node needs when nobody answers it. */
const TIMEOUT_MS = 15_000
/** Most that may be asked for, ms: callers are promised an end within 20 s. */
const MAX_TIMEOUT_MS = 18_000
/** Part of the time that the node gets; the rest is for this machine. */
const NODE_SHARE = 2 / 3
/** What still hangs this long after the end, as a file server that is away, does not hold the process up, ms. */
const LINGER_MS = 250

export function addDoctor(program: Command, act: Act): void {
  const command = program
    .command('doctor')
    .description('tell what works from here and what does not, with the fix')
    .option('--timeout <seconds>', 'wait no longer for anything: at most 18, default 15', parseTimeout)
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal doctor', 'this machine, and the node that runs on it; exit code 1 when something is broken'],
        ['shoal doctor --data /srv/shoal', 'the node with this data folder'],
        ['shoal doctor --json | jq \'select(.status == "broken")\'', 'for scripts: what is broken'],
      ),
    )
    .action(act(doctor))
}

const doctor: Handler<DoctorOptions> = async (session, options) => {
  const { io, print } = session
  const { localChecks, skippedClock, skippedLocalChecks } = await import('../../node/doctor/local.ts')
  const timeoutMs = options.timeout ?? TIMEOUT_MS
  using asking = withDeadline(io.clock, timeoutMs * NODE_SHARE)
  const answer = await askNode(session, options, asking.signal)
  const place = placeOf(session, options, answer)
  // Its own: a node that hangs must not take the time for the rest.
  using looking = withDeadline(io.clock, timeoutMs * (1 - NODE_SHARE))
  const local =
    'elsewhere' in place
      ? skippedLocalChecks(place.elsewhere)
      : await localChecks({ dataDir: place.dataDir, env: io.env, running: answer.running }, looking.signal)
  const checks = [answer.node, ...local, ...(answer.checks ?? [skippedClock()])]
  for (const check of checks) show(print, check)
  const count = (status: DoctorStatus) => checks.filter((check) => check.status === status).length
  const [ok, warnings, broken] = [count('ok'), count('warn'), count('broken')]
  print.row({ event: 'done', ok, warnings, broken })
  print.line('')
  print.line(`${broken} broken, ${warnings} to look at, ${ok} in order, ${count('skipped')} skipped.`, 'bold')
  const code = broken > 0 ? EXIT.error : EXIT.ok
  io.clock.schedule(() => io.exit(code), LINGER_MS)
  return code
}

const MARKS: Record<DoctorStatus, readonly [mark: string, style: Style | undefined]> = {
  ok: ['✓', undefined],
  warn: ['!', 'yellow'],
  broken: ['✗', 'red'],
  skipped: ['-', 'dim'],
}

function show(print: Printer, { id, status, title, detail, fix }: DoctorCheck): void {
  print.row({ event: 'check', id, status, title, detail, fix })
  const [mark, style] = MARKS[status]
  print.line(`${mark} ${title}: ${detail}`, style)
  if (fix !== '') print.line(`    ${fix}`)
}

function parseTimeout(text: string): number {
  const ms = parseSeconds(text)
  if (ms > MAX_TIMEOUT_MS) throw new InvalidArgumentError(`Give seconds, at most ${MAX_TIMEOUT_MS / 1000}.`)
  return ms
}
