import { ShoalError } from '../../base/errors.ts'
import type { DownloadJson } from '../client/rest.ts'

const isOver = ({ state }: DownloadJson) => state === 'done' || state === 'cancelled'

/**
 * The one download that `text` names: its id, the beginning of it, its CID, or the beginning of that. Of several with one CID it is the one that
 * has not ended.
 *
 * @throws ShoalError NOT_FOUND, AMBIGUOUS
 */
export function pickDownload(downloads: readonly DownloadJson[], text: string): DownloadJson {
  const exact = downloads.find(({ id }) => id === text)
  if (exact) return exact
  const byId = downloads.filter(({ id }) => text !== '' && id.startsWith(text))
  if (byId.length > 0) return only(byId, text)
  const byCid = downloads.filter(({ cid }) => text !== '' && cid.startsWith(text))
  const going = byCid.filter((each) => !isOver(each))
  if (byCid.length > 0) return only(going.length > 0 ? going : byCid, text)
  throw new ShoalError('NOT_FOUND', `There is no download ${text}. See all with: shoal downloads`)
}

function only(matches: readonly DownloadJson[], text: string): DownloadJson {
  if (matches.length === 1) return matches[0]!
  const isOneCid = matches.every(({ cid }) => cid === text)
  const advice = isOneCid ? 'Give the id of one' : 'Give more of the id'
  throw new ShoalError(
    'AMBIGUOUS',
    `${matches.length} downloads ${isOneCid ? 'are of' : 'begin with'} ${text}. ${advice}.`,
  )
}
