import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DroppedItem, droppedOf } from './dropped.ts'
import { damageText, folderOf, queryOf } from './words.ts'

const item = (name: string, { isDirectory = false, kind = 'file' } = {}): DroppedItem<string> => ({
  kind,
  webkitGetAsEntry: () => (kind === 'file' ? { isDirectory, name } : null),
  getAsFile: () => (kind === 'file' ? name : null),
})

test('of a drop, files are taken and folders are told of', () => {
  const items = [item('a.txt'), item('Music', { isDirectory: true }), item('text', { kind: 'string' })]
  assert.deepEqual(droppedOf(items), { files: ['a.txt'], folders: ['Music'] })
  assert.deepEqual(droppedOf([{ ...item('x'), getAsFile: () => null }]), { files: [], folders: [] })
})

test('each kind of damage is told with what to do', () => {
  assert.match(damageText({ reason: 'blocks', blockCount: 1 }).what, /^1 of its blocks of 1 MiB has /)
  assert.match(damageText({ reason: 'blocks', blockCount: 2 }).what, /^2 of its blocks of 1 MiB have /)
  for (const reason of ['changed', 'unreadable', 'missing'] as const)
    assert.ok(damageText({ reason, blockCount: 0 }).todo.length > 0)
})

test('folders of paths, and words while they are typed', () => {
  assert.equal(folderOf('a/b/c.txt'), 'a/b')
  assert.equal(folderOf('c.txt'), '')
  assert.equal(queryOf(' holiday pho'), 'holiday pho*')
  assert.equal(queryOf('holiday '), 'holiday')
  assert.equal(queryOf('東京'), '東京*')
  assert.equal(queryOf('  '), '')
})
