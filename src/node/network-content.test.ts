import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContentPort, OpenContent } from '../api/node-port.ts'
import { ShoalError } from '../base/errors.ts'
import { BLOCK_SIZE } from '../content/cid.ts'
import type { FileLayout } from '../content/layout.ts'
import type { ContentReader, ReadContent } from '../transfer/reader/reader.ts'
import { NodeContent } from './network-content.ts'

const { signal } = new AbortController()
const layout: FileLayout = { cid: 'file', sizeBytes: 2 * BLOCK_SIZE, digests: new Uint8Array(64) }
const [HERE, THERE] = [Uint8Array.of(1), Uint8Array.of(2)]

/** A node whose library and whose peers have what is told; notes who was asked. */
function start(library: Set<string>) {
  const asked: string[] = []
  let open = 0
  const port: ContentPort = {
    async open(cid): Promise<OpenContent> {
      if (!library.has(cid)) throw new ShoalError('NOT_FOUND')
      open++
      return {
        ...{ kind: 'file', layout },
        readBlock: async () => {
          if (library.has('broken')) throw new ShoalError('NOT_FOUND')
          return HERE
        },
        hint() {},
        isCurrent: () => true,
        close: () => void open--,
      }
    },
  }
  const reader = {
    async open(cid: string, within: readonly string[]): Promise<ReadContent> {
      asked.push([cid, ...within].join('<'))
      if (cid === 'folder') return { kind: 'folder', nodes: new Map([['folder', new Uint8Array(5)]]) }
      if (cid !== 'file') throw new ShoalError('NO_PROVIDERS')
      return { kind: 'file', file: { layout, read: async () => THERE, hint() {} } }
    },
  } as Partial<ContentReader> as ContentReader
  const catalogue = { find: (cid: string) => (library.has(cid) ? ({} as never) : undefined) }
  const content = new NodeContent({ library: port, catalogue, reader })
  return { content, asked, openCount: () => open }
}

async function openFile(content: ContentPort) {
  const opened = await content.open('file', { signal })
  assert.ok(opened.kind === 'file')
  return opened
}

test('the library goes first; nobody is asked for what is there', async () => {
  const { content, asked } = start(new Set(['file']))
  const file = await openFile(content)
  assert.deepEqual([await file.readBlock(0, signal), file.isRemote, asked], [HERE, undefined, []])
})

test('what is not there is asked for, with the folders that it is in; with onlyLocal it is not', async () => {
  const { content, asked } = start(new Set())
  await content.open('file', { signal, within: ['top', 'sub'] })
  await assert.rejects(content.open('file', { signal, onlyLocal: true }), { code: 'NOT_FOUND' })
  await assert.rejects(content.open('nothing', { signal }), { code: 'NO_PROVIDERS' })
  assert.deepEqual(asked, ['file<top<sub', 'nothing'])
  const folder = await content.open('folder', { signal })
  assert.ok(folder.kind === 'folder')
  assert.deepEqual([folder.weightBytes, folder.node('folder')?.length, folder.node('x')], [5, 5, undefined])
})

test('a file that comes into the library is read there from then on, and opened anew', async () => {
  const library = new Set<string>()
  const { content, openCount } = start(library)
  const file = await openFile(content)
  assert.deepEqual([await file.readBlock(0, signal), file.isCurrent(), file.isRemote], [THERE, true, true])
  library.add('file')
  assert.deepEqual([await file.readBlock(1, signal), file.isCurrent()], [HERE, false])
  library.add('broken')
  assert.deepEqual(await file.readBlock(1, signal), THERE, 'the disk does not give it')
  assert.equal(openCount(), 0)
})
