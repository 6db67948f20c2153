import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DialectFile } from '../dialect.ts'
import { fakeContext } from '../testing/fake-context.ts'
import { firstOf } from './first-of.ts'

const never = new AbortController().signal

/** Of sizes that say what becomes of them: 1 will not do, 2 and 3 fail, others succeed. */
const take = async ({ sizeBytes }: DialectFile) => {
  if (sizeBytes === 2 || sizeBytes === 3) throw new Error(`failed: ${sizeBytes}`)
  return sizeBytes === 1 ? undefined : sizeBytes
}

test('the first file of exactly this name that succeeds', async () => {
  const cases: [sizes: number[], expected: number | RegExp | undefined][] = [
    [[], undefined],
    [[1], undefined],
    [[1, 2, 4, 5], 4],
    [[3, 1, 2], /failed: 3/],
  ]
  for (const [sizes, expected] of cases) {
    const { node } = fakeContext()
    for (const size of sizes) node.add('a', 'x'.repeat(size))
    const found = firstOf(node, { name: 'a' }, take, never)
    if (expected instanceof RegExp) await assert.rejects(found, expected)
    else assert.equal(await found, expected)
  }
})

test('a file by another name is passed over, though the search tells of it', async () => {
  const { node } = fakeContext()
  const file = node.add('A', 'four')
  node.find = async function* () {
    yield file
  }
  assert.equal(await firstOf(node, { name: 'a' }, take, never), undefined)
  assert.equal(await firstOf(node, { name: 'A' }, take, never), 4)
})

test('own files alone, when they are asked for', async () => {
  const { node } = fakeContext()
  node.add('a', 'four', { isHere: false })
  assert.equal(await firstOf(node, { name: 'a', here: true }, take, never), undefined)
  assert.equal(await firstOf(node, { name: 'a' }, take, never), 4)
})

test('after eight failures, or when it is stopped, no other is tried', async () => {
  const { node } = fakeContext()
  for (let i = 0; i < 9; i++) node.add('a', `${i}0`)
  let tries = 0
  const stop = new AbortController()
  const failing = async () => {
    if (++tries === 10) stop.abort(new Error('enough'))
    throw new Error('failed')
  }
  await assert.rejects(firstOf(node, { name: 'a' }, failing, stop.signal), /failed/)
  assert.equal(tries, 8)
  await assert.rejects(firstOf(node, { name: 'a' }, failing, stop.signal), /enough/)
  assert.equal(tries, 10)
})
