import { ShoalError, toShoalError } from '../base/errors.ts'
import { guestCidKind } from '../content/guest-cid.ts'
import type { GuestRecord, Guests } from './guest-book.ts'
import type { GuestFetcher } from './guest-fetcher.ts'

/** Holders of one file that are asked for it, one after the other. */
const MAX_HOLDERS = 3

/**
 * Fetches the file that searches show under this CID, when a client of a dialect holds it.
 *
 * @returns its real CID and its name; undefined when no client has it, or when others than clients may have it too
 * @throws ShoalError NOT_FOUND when only its name is known, UNAVAILABLE when no holder gives it, CANCELLED
 */
export async function fetchGuest(
  cid: string,
  { guests, fetcher }: { guests: Guests; fetcher: Pick<GuestFetcher, 'kept' | 'fetch'> },
  signal: AbortSignal,
): Promise<{ cid: string; name: string } | undefined> {
  const records = guests.byCid(cid)
  const isVerifiable = guestCidKind(cid) === 'sha256'
  const failures: string[] = []
  const fetchable = records.filter(({ file }) => file.fetch !== undefined)
  const ready = fetchable.filter((record) => fetcher.kept(record))
  for (const record of [...ready, ...fetchable].slice(0, MAX_HOLDERS)) {
    try {
      const kept = await fetcher.fetch(record, signal)
      return { cid: kept.cid, name: record.entry.name }
    } catch (error) {
      signal.throwIfAborted()
      failures.push(`${record.file.holder}: ${toShoalError(error).message}`)
    }
  }
  const [first] = records
  if (!first || isVerifiable) return undefined
  if (fetchable.length === 0) throw namesOnly(first, records)
  throw new ShoalError('UNAVAILABLE', `${first.entry.name} could not be fetched. ${failures.join(' ')}`)
}

function namesOnly({ file, entry }: GuestRecord, records: readonly GuestRecord[]): ShoalError {
  const holders = [...new Set(records.map(({ file: { holder } }) => holder))].slice(0, MAX_HOLDERS).join(', ')
  return new ShoalError(
    'NOT_FOUND',
    `The system that the dialect ${file.dialect} speaks passes on names only: ${entry.name} cannot be fetched from here. It is at ${holders}.`,
  )
}
