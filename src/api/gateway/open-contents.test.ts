import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { BLOCK_SIZE } from '../../content/cid.ts'
import { FakeContent } from '../testing/fake-content.ts'
import { OpenContents, type OpenContentsOptions } from './open-contents.ts'

const signal = new AbortController().signal

function start(options: Partial<OpenContentsOptions> = {}) {
  const content = new FakeContent()
  const clock = new ManualClock()
  const contents = new OpenContents({ port: content, clock, options })
  const use = async (cid: string) => {
    using _lease = await contents.lease(cid, { signal })
  }
  return { content, clock, contents, use }
}

test('content is opened once, stays open for a minute after its last reader, and is closed then', async () => {
  const { content, clock, contents, use } = start()
  const cid = content.addFile(Buffer.from('x'))
  const first = await contents.lease(cid, { signal })
  await use(cid)
  await clock.advance(3_600_000)
  assert.equal(content.openCount, 1, 'it is being read')
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  await clock.advance(59_999)
  await use(cid)
  await clock.advance(59_999)
  assert.deepEqual([content.opened.length, content.openCount], [1, 1])
  await clock.advance(1)
  assert.deepEqual([content.openCount, contents.size], [0, 0])
  await use(cid)
  assert.equal(content.opened.length, 2)
})

test('beyond the limits the one used longest ago is closed; what is read never', async () => {
  const { content, contents, use } = start({ maxIdle: 2 })
  const cids = Array.from({ length: 4 }, (_, i) => content.addFile(Buffer.from(`${i}`)))
  using _reading = await contents.lease(cids[0]!, { signal })
  for (const cid of cids.slice(1)) await use(cid)
  assert.equal(content.openCount, 3)
  await use(cids[0]!)
  await use(cids[3]!)
  assert.equal(content.opened.length, 4)
  await use(cids[1]!)
  assert.equal(content.opened.length, 5, 'that one had gone')
})

test('large layouts count by their bytes', async () => {
  const { content, use } = start({ maxIdleBytes: 1000 })
  const large = () => content.addLayout(randomBytes(32 * 20), 20 * BLOCK_SIZE, () => randomBytes(BLOCK_SIZE))
  for (const cid of [large(), large(), large()]) await use(cid)
  assert.equal(content.openCount, 1)
})

test('what is not current any more is opened anew', async () => {
  const { content, use } = start()
  const cid = content.addFile(Buffer.from('x'))
  await use(cid)
  content.isCurrent = false
  await use(cid)
  assert.deepEqual([content.opened.length, content.openCount], [2, 1])
})

test('two who open the same at once share it', async () => {
  const { content, contents } = start()
  const cid = content.addFile(Buffer.from('x'))
  const [a, b] = await Promise.all([contents.lease(cid, { signal }), contents.lease(cid, { signal })])
  assert.deepEqual([content.opened.length, content.openCount], [2, 1])
  contents.close()
  assert.equal(content.openCount, 1)
  a[Symbol.dispose]()
  b[Symbol.dispose]()
  assert.equal(content.openCount, 0)
})

test('what is open of others is not there for who wants nobody asked', async () => {
  const { content, contents, use } = start()
  const cid = content.addFile(Buffer.from('x'))
  content.isRemote = true
  await use(cid)
  const missing = new ShoalError('NOT_FOUND')
  content.beforeOpen = ({ onlyLocal }) => {
    if (onlyLocal) throw missing
  }
  await assert.rejects(contents.lease(cid, { signal, onlyLocal: true }), { code: 'PRECONDITION_FAILED' })
  await use(cid)
  assert.equal(content.openCount, 1)
})
