import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DownloadJson } from '../client/rest.ts'
import { pickDownload } from './pick-download.ts'

const download = (id: string, cid: string, state: DownloadJson['state'] = 'running', name = 'a.txt') =>
  ({ id, cid, state, name }) as DownloadJson

test('by id, its beginning, the name, the CID, or its beginning', () => {
  const downloads = [
    download('aa11', 'bafk1', 'done'),
    download('aa22', 'bafk1'),
    download('ba33', 'bafk2', 'done'),
    download('ba', 'bafk3', 'failed'),
    download('cc55', 'bafk4', 'paused'),
    download('dd66', 'bafk4'),
    download('ee77', 'bafk5', 'done'),
    download('ff88', 'bafk5', 'cancelled'),
    download('9901', 'bafk6', 'done', 'film.mkv'),
    download('9902', 'bafk7', 'paused', 'film.mkv'),
    download('9903', 'bafk8', 'failed', '99'),
  ]
  const table: [text: string, id: string | undefined, code?: string][] = [
    ['aa11', 'aa11'],
    ['aa2', 'aa22'],
    ['ba', 'ba'],
    ['ba3', 'ba33'],
    ['bafk1', 'aa22'],
    ['bafk2', 'ba33'],
    ['bafk3', 'ba'],
    ['aa', undefined, 'AMBIGUOUS'],
    ['bafk', undefined, 'AMBIGUOUS'],
    ['bafk4', undefined, 'AMBIGUOUS'],
    ['bafk5', undefined, 'AMBIGUOUS'],
    ['film.mkv', '9902'],
    ['99', '9903'],
    ['a.txt', undefined, 'AMBIGUOUS'],
    ['film', undefined, 'NOT_FOUND'],
    ['zz', undefined, 'NOT_FOUND'],
    ['', undefined, 'NOT_FOUND'],
  ]
  for (const [text, id, code] of table) {
    if (code === undefined) assert.equal(pickDownload(downloads, text).id, id, text)
    else assert.throws(() => pickDownload(downloads, text), { code }, text)
  }
  assert.throws(() => pickDownload(downloads, 'a.txt'), /4 downloads are of a\.txt\. Give the id of one/)
  assert.throws(() => pickDownload(downloads, 'bafk4'), /2 downloads are of bafk4\. Give the id of one/)
})
