import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../base/errors.ts'
import { NodeDownloads } from './downloads.ts'

test('it is told when downloads are taken off the list, and only then', async () => {
  const left = ['d1', 'd2']
  const downloads = {
    async remove(id: string) {
      if (!left.includes(id)) throw new ShoalError('NOT_FOUND')
      left.splice(left.indexOf(id), 1)
    },
    clear: async () => left.splice(0).length,
  }
  let told = 0
  const node = new NodeDownloads({ transfer: { downloads } } as never, () => told++)
  await node.remove('d1')
  assert.equal(told, 1)
  await assert.rejects(node.remove('d1'), { code: 'NOT_FOUND' })
  assert.equal(told, 1)
  assert.equal(await node.clear(['done']), 1)
  assert.equal(told, 2)
  assert.equal(await node.clear(['done']), 0)
  assert.equal(told, 2)
})
