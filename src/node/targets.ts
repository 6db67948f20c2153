import { ShoalError } from '../base/errors.ts'
import { fold } from '../base/words.ts'
import type { SharedEntry } from '../content/entry.ts'
import { guestCidKind } from '../content/guest-cid.ts'
import type { CompoundLocator, SearchDone } from '../discovery/compound.ts'

/** One content that a name stands for. */
export interface Candidate {
  readonly cid: string
  readonly name: string
  readonly size: number
  /** How many peers have it. */
  readonly providers: number
}

/** Hits looked through for the one name that was asked for. */
const SEARCH_LIMIT = 1000
/** What is not known of a CID after this long, ms, the download finds out by itself. */
const DESCRIBE_MS = 2000

/** What the node needs to know of a target to fetch it. */
export interface Described {
  readonly cid: string
  readonly name: string | undefined
  /** undefined when nobody has told. */
  readonly entry: SharedEntry | undefined
}

type Search = Pick<CompoundLocator, 'search'>

/**
 * The content that has this exact file name; when none has, the one whose name is equal but for case and diacritics.
 *
 * @throws ShoalError NOT_FOUND; AMBIGUOUS with `details.candidates` when several contents have the name
 */
export async function findByName(name: string, locators: Search, signal: AbortSignal): Promise<Described> {
  const found = new Map<string, { entry: SharedEntry; otherNames: readonly string[]; providers: number }>()
  const query = { words: name, limit: SEARCH_LIMIT }
  let failures = ''
  for await (const event of locators.search(query, { signal })) {
    if (event.type === 'done') failures = failuresOf(event)
    if (event.type !== 'hit') continue
    const { entry, otherNames = [], providers } = event
    found.set(entry.cid, { entry, otherNames, providers: providers.length })
  }
  const named = withoutHearsay(chooseByName(name, [...found.values()]))
  const [first, second] = named
  if (!first) {
    throw new ShoalError(
      'NOT_FOUND',
      `Nobody who is reachable shares a file named "${name}". ${failures || 'Try: shoal search'}`,
    )
  }
  if (!second) return { cid: first.entry.cid, name: nameAs(name, first), entry: first.entry }
  const candidates: Candidate[] = named.map(({ entry, providers }) => ({
    cid: entry.cid,
    name: entry.name,
    size: entry.sizeBytes,
    providers,
  }))
  throw new ShoalError(
    'AMBIGUOUS',
    `${named.length} different contents are named "${name}". Give the CID of one.`,
    {
      details: { candidates },
    },
  )
}

/** What can be fetched goes before what only the name is known of; of that one is enough to say so. */
function withoutHearsay<T extends Named>(named: readonly T[]): readonly T[] {
  const real = named.filter(({ entry }) => guestCidKind(entry.cid) !== 'name')
  return real.length > 0 ? real : named.slice(0, 1)
}

/** Which locators could not be asked: then there may be somebody all the same. */
function failuresOf({ via }: SearchDone): string {
  const failed = Object.entries(via).filter(([, report]) => report.error)
  return failed.map(([locator, report]) => `Not asked (${locator}): ${report.error!.message}`).join(' ')
}

/** A content with all names that it was found under: its own copy may have another one here. */
interface Named {
  readonly entry: SharedEntry
  readonly otherNames?: readonly string[]
}

const namesOf = ({ entry, otherNames = [] }: Named) => [entry.name, ...otherNames]

/** Those of `found` that have the name: exactly if any does, otherwise but for case and diacritics. */
export function chooseByName<T extends Named>(name: string, found: readonly T[]): T[] {
  const exact = found.filter((each) => namesOf(each).includes(name))
  if (exact.length > 0) return exact
  const folded = fold(name)
  return found.filter((each) => namesOf(each).some((other) => fold(other) === folded))
}

/** The one of its names that was asked for, as it is written. */
function nameAs(name: string, found: Named): string {
  const names = namesOf(found)
  const folded = fold(name)
  return (
    names.find((each) => each === name) ?? names.find((each) => fold(each) === folded) ?? found.entry.name
  )
}

/** Name and size of a CID as somebody who has it tells them; without them when nobody does soon enough. */
export async function describe(cid: string, locators: Search, signal: AbortSignal): Promise<Described> {
  const query = { cid, limit: 1 }
  for await (const event of locators.search(query, { signal, timeoutMs: DESCRIBE_MS })) {
    if (event.type === 'hit') return { cid, name: event.entry.name, entry: event.entry }
  }
  signal.throwIfAborted()
  return { cid, name: undefined, entry: undefined }
}
