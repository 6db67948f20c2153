import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'
import { wordsOf } from '../../base/words.ts'
import type { HitEvent, SearchDone } from '../client/rest.ts'
import { examples, locatorsOption, parseCount, parseSeconds, withClientOptions } from '../options.ts'
import { type Act, type ClientOptions, EXIT, type Handler, type Session } from '../session.ts'
import { describeDone, describeHit, SearchHits } from './search-hits.ts'

interface SearchOptions extends ClientOptions {
  via?: string[]
  limit?: number
  /** ms */
  timeout?: number
  sha256?: string
  cid?: string
}

/** A hit is shown to people this long after its first sight, ms: most holders of a file answer within it. */
const GATHER_MS = 250
/** How much longer than the deadline of the search the node may take to say that it is over, ms. */
const GRACE_MS = 5000

export function addSearch(program: Command, act: Act): void {
  const command = program
    .command('search')
    .description('find files by the words of their names, by SHA-256 or by CID')
    .argument('[words...]', 'words that all occur in the name; end the last one with * for its beginning')
    .addOption(
      locatorsOption('--via <locators>', 'ask only these, separated by commas', ['library', 'dialects']),
    )
    .option('--limit <n>', 'most different files wanted', parseCount)
    .option('--timeout <seconds>', 'give up after this long', parseSeconds)
    .option('--sha256 <hex>', 'the file with this SHA-256, instead of words')
    .option('--cid <cid>', 'the file or folder with this CID, instead of words')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal search holiday photos', 'files with both words in their names'],
        ["shoal search 'holi*'", 'words that begin with holi'],
        ['shoal search --sha256 "$(sha256sum < file | cut -c1-64)"', 'who else has this very file'],
        ['shoal search --via index --json holiday', 'one JSON object a line, from the index only'],
      ),
    )
    .addHelpText('after', '\nExit status: 0 found, 3 nothing found, 4 nothing found in time.')
    .action(act(search))
}

const search: Handler<SearchOptions, [string[]]> = async (session, options, words) => {
  const { print, io } = session
  const query = searchQuery(words, options)
  const client = await session.client()
  const limitMs = (options.timeout ?? Number.POSITIVE_INFINITY) + GRACE_MS
  using deadline = withDeadline(io.clock, Math.min(limitMs, 2 ** 31 - 1))
  const list = new HitList(session)
  const hits = new SearchHits()
  let done: SearchDone | undefined
  print.live(() => 'searching …')
  try {
    const { signal } = deadline
    for await (const event of client.lines<HitEvent | SearchDone>('GET', '/search', { query, signal })) {
      if (event.event === 'done') done = event
      else if (hits.isNews(event)) {
        print.row(event)
        list.add(event)
      }
      print.live(() => `searching … ${hits.size} found`)
    }
  } finally {
    list.flush()
  }
  if (!done) throw new ShoalError('BAD_RESPONSE', 'The node ended the search without saying that it is over.')
  print.row(done)
  if (!print.json) sumUp(session, done)
  if (done.hits > 0) return EXIT.ok
  return done.reason === 'timeout' ? EXIT.timedOut : EXIT.notFound
}

/** @throws ShoalError INVALID_ARGUMENT when nothing is looked for */
function searchQuery(words: string[], { via, limit, timeout, sha256, cid }: SearchOptions) {
  const q = words.join(' ').trim()
  if (q === '' && sha256 === undefined && cid === undefined) {
    throw new ShoalError(
      'INVALID_ARGUMENT',
      'Give words to look for, --sha256 or --cid. See: shoal search --help',
    )
  }
  if (q !== '' && wordsOf(q).length === 0)
    throw new ShoalError('INVALID_ARGUMENT', `There is no letter or digit in "${q}" to look for.`)
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(sha256)) {
    throw new ShoalError('INVALID_ARGUMENT', 'A SHA-256 has 64 hexadecimal digits, as sha256sum prints them.')
  }
  return { q: q || undefined, sha256, cid, via: via?.join(','), limit, timeoutMs: timeout }
}

function sumUp({ print }: Session, done: SearchDone): void {
  for (const line of describeDone(done)) print.note(line, 'dim')
  if (done.reason === 'timeout') print.note('The time was up before everybody had answered.', 'yellow')
  for (const [name, { error, problems = [] }] of Object.entries(done.via)) {
    if (error) print.note(`${name} failed: ${error.message}`, 'yellow')
    // Each says where it was.
    else for (const problem of problems) print.note(problem, 'yellow')
  }
}

/** Shows hits to people as they come, each once, a moment after its first sight and with all that is known then. */
class HitList {
  readonly #session: Session
  readonly #waiting = new Map<string, HitEvent>()
  readonly #shown = new Set<string>()

  constructor(session: Session) {
    this.#session = session
  }

  add(hit: HitEvent): void {
    const { io, print } = this.#session
    if (print.json || this.#shown.has(hit.cid)) return
    if (!this.#waiting.has(hit.cid)) io.clock.schedule(() => this.#show(hit.cid), GATHER_MS)
    this.#waiting.set(hit.cid, hit)
  }

  flush(): void {
    for (const cid of [...this.#waiting.keys()]) this.#show(cid)
  }

  #show(cid: string): void {
    const hit = this.#waiting.get(cid)
    if (!hit) return
    this.#waiting.delete(cid)
    this.#shown.add(cid)
    const { print } = this.#session
    print.line(hit.name, 'bold')
    print.line(`  ${describeHit(hit)}`)
    print.line(`  ${hit.cid}`, 'dim')
  }
}
