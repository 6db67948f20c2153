import { ShoalError } from '../../base/errors.ts'
import type { DownloadJson } from '../client/rest.ts'

const isOver = ({ state }: DownloadJson) => state === 'done' || state === 'cancelled'

/**
 * The one download that `text` names: its id, its name, the beginning of its id, its CID, or the beginning of that. Of several with one name or
 * one CID it is the one that has not ended.
 *
 * @throws ShoalError NOT_FOUND, AMBIGUOUS
 */
export function pickDownload(downloads: readonly DownloadJson[], text: string): DownloadJson {
  const exact = downloads.find(({ id }) => id === text)
  if (exact) return exact
  const byName = downloads.filter(({ name }) => text !== '' && name === text)
  if (byName.length > 0) return only(goingFirst(byName), text)
  const byId = downloads.filter(({ id }) => text !== '' && id.startsWith(text))
  if (byId.length > 0) return only(byId, text)
  const byCid = downloads.filter(({ cid }) => text !== '' && cid.startsWith(text))
  if (byCid.length > 0) return only(goingFirst(byCid), text)
  throw new ShoalError('NOT_FOUND', `There is no download ${text}. See all with: shoal downloads`)
}

function goingFirst(matches: readonly DownloadJson[]): readonly DownloadJson[] {
  const going = matches.filter((each) => !isOver(each))
  return going.length > 0 ? going : matches
}

function only(matches: readonly DownloadJson[], text: string): DownloadJson {
  if (matches.length === 1) return matches[0]!
  const isWhole = matches.every(({ cid, name }) => cid === text || name === text)
  const advice = isWhole ? 'Give the id of one' : 'Give more of the id'
  throw new ShoalError(
    'AMBIGUOUS',
    `${matches.length} downloads ${isWhole ? 'are of' : 'begin with'} ${text}. ${advice}.`,
  )
}
