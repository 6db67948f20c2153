import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { BLOCK_SIZE } from '../../../content/cid.ts'
import { fetchDocumented } from '../../testing/documented.ts'
import type { FakeContent } from '../../testing/fake-content.ts'
import { startApi } from '../../testing/start-api.ts'

export interface Shelf {
  readonly url: string
  readonly content: FakeContent
  /** Three blocks and a bit. */
  readonly big: { readonly cid: string; readonly bytes: Buffer }
  readonly small: { readonly cid: string; readonly bytes: Buffer }
  /** CIDs by path: `big.bin`, `sub/note.txt`, `sub/deeper/page.html`, `sub/été #1?.txt`. */
  readonly tree: ReadonlyMap<string, string>
  /** A GET that follows no redirect. */
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Response>
}

/** An API with some content. */
export async function startShelf(t: TestContext): Promise<Shelf> {
  const { node, url } = await startApi(t)
  const { content } = node
  const bytes = randomBytes(3 * BLOCK_SIZE + 1234)
  const big = { cid: content.addFile(bytes), bytes }
  const small = { cid: content.addFile(Buffer.from('some words\n')), bytes: Buffer.from('some words\n') }
  const page = content.addFile(Buffer.from('<script>fetch("/api/v1/status")</script>'))
  const tree = await content.addFolder(
    {
      'big.bin': big.cid,
      'sub/note.txt': small.cid,
      'sub/deeper/page.html': page,
      'sub/été #1?.txt': small.cid,
    },
    ['empty'],
  )
  const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
    fetchDocumented(`${url}${path}`, { method, headers, redirect: 'manual' })
  return { url, content, big, small, tree, get }
}

export const bytesOf = async (answer: Response) => Buffer.from(await answer.arrayBuffer())
