import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DownloadJson } from '../client/rest.ts'
import { pickDownload } from './pick-download.ts'

const download = (id: string, cid: string, state: DownloadJson['state'] = 'running') =>
  ({ id, cid, state }) as DownloadJson

test('by id, its beginning, the CID, or its beginning', () => {
  const downloads = [
    download('aa11', 'bafk1', 'done'),
    download('aa22', 'bafk1'),
    download('ba33', 'bafk2', 'done'),
    download('ba', 'bafk3', 'failed'),
    download('cc55', 'bafk4', 'paused'),
    download('dd66', 'bafk4'),
    download('ee77', 'bafk5', 'done'),
    download('ff88', 'bafk5', 'cancelled'),
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
    ['zz', undefined, 'NOT_FOUND'],
    ['', undefined, 'NOT_FOUND'],
  ]
  for (const [text, id, code] of table) {
    if (code === undefined) assert.equal(pickDownload(downloads, text).id, id, text)
    else assert.throws(() => pickDownload(downloads, text), { code }, text)
  }
  assert.throws(() => pickDownload(downloads, 'bafk4'), /2 downloads are of bafk4\. Give the id of one/)
})
