import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isWelcome } from './consent.ts'
import { Quota } from './quota.ts'
import { chooseLeaving, type ShrinkFacts } from './shrink.ts'

const limits = { maxBytes: 100, maxFiles: 5, maxBytesPerPeer: 60, maxFilesPerPeer: 3 }

test('a quota is never overdrawn, whoever asks in whatever order', () => {
  const step = fc.record({
    owner: fc.constantFrom('a', 'b', 'c'),
    sizeBytes: fc.nat(50),
    isRelease: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const quota = new Quota(() => limits)
      const kept: { owner: string; sizeBytes: number }[] = []
      for (const { owner, sizeBytes, isRelease } of steps) {
        const room = quota.room(owner)
        if (isRelease) {
          const gone = kept.pop()
          if (gone) quota.release(gone)
        } else {
          const taken = quota.take({ owner, sizeBytes })
          assert.equal(taken, room.bytes >= sizeBytes && room.files >= 1)
          if (taken) kept.push({ owner, sizeBytes })
        }
        const bytes = kept.reduce((sum, each) => sum + each.sizeBytes, 0)
        assert.deepEqual(quota.total, { bytes, files: kept.length })
        assert.ok(bytes <= limits.maxBytes && kept.length <= limits.maxFiles)
        for (const mine of Map.groupBy(kept, (each) => each.owner).values()) {
          assert.ok(mine.length <= limits.maxFilesPerPeer)
          assert.ok(mine.reduce((sum, each) => sum + each.sizeBytes, 0) <= limits.maxBytesPerPeer)
        }
      }
    }),
  )
})

test('with less room than is taken nothing more is taken, and nothing breaks', () => {
  let now = limits
  const quota = new Quota(() => now)
  assert.ok(quota.take({ owner: 'a', sizeBytes: 50 }))
  now = { ...limits, maxBytes: 10 }
  assert.deepEqual(quota.room('a'), { bytes: 0, files: 2 })
  assert.equal(quota.take({ owner: 'b', sizeBytes: 1 }), false)
  quota.release({ owner: 'a', sizeBytes: 50 })
  assert.deepEqual(quota.total, { bytes: 0, files: 0 })
})

const fact = (id: string, facts: Partial<ShrinkFacts> = {}): ShrinkFacts => ({
  ...{ id, owner: 'a', sizeBytes: 20, isUnwelcome: false, isPinned: false, otherCopies: 2, keptSinceMs: 0 },
  ...facts,
})

const shrinking: [what: string, kept: ShrinkFacts[], leaving: string[]][] = [
  ['nothing while there is room', [fact('1'), fact('2')], []],
  ['what is unwelcome', [fact('1', { isUnwelcome: true }), fact('2')], ['1']],
  [
    'what is kept elsewhere most often',
    [fact('1'), fact('2', { otherCopies: 5 }), fact('3'), fact('4')],
    ['2'],
  ],
  ['what came last', [fact('1'), fact('2', { keptSinceMs: 9 }), fact('3'), fact('4')], ['2']],
  [
    'of an owner with too many bytes',
    [
      fact('1', { sizeBytes: 50, keptSinceMs: 1 }),
      fact('2', { sizeBytes: 50 }),
      fact('3', { owner: 'b', otherCopies: 9 }),
    ],
    ['1'],
  ],
  [
    'nothing that is pinned',
    [fact('1', { sizeBytes: 90, isPinned: true }), fact('2', { sizeBytes: 5, otherCopies: 1 })],
    ['2'],
  ],
  ['not even when it is unwelcome', [fact('1', { isUnwelcome: true, isPinned: true })], []],
]

for (const [what, kept, leaving] of shrinking) {
  test(`goes: ${what}`, () => assert.deepEqual([...chooseLeaving(kept, limits)], leaving))
}

test('what stays is within the limits, but for what is pinned', () => {
  const some = fc.uniqueArray(
    fc.record({
      id: fc.nat(99).map(String),
      owner: fc.constantFrom('a', 'b'),
      sizeBytes: fc.nat(60),
      isUnwelcome: fc.boolean(),
      isPinned: fc.boolean(),
      otherCopies: fc.nat(4),
      keptSinceMs: fc.nat(4),
    }),
    { selector: ({ id }) => id, maxLength: 12 },
  )
  fc.assert(
    fc.property(some, (kept) => {
      const leaving = chooseLeaving(kept, limits)
      const staying = kept.filter(({ id }) => !leaving.has(id))
      assert.ok(kept.every(({ id, isPinned }) => !isPinned || !leaving.has(id)))
      assert.ok(staying.every(({ isUnwelcome, isPinned }) => !isUnwelcome || isPinned))
      if (staying.every(({ isPinned }) => isPinned)) return
      assert.ok(staying.length <= limits.maxFiles)
      assert.ok(staying.reduce((sum, each) => sum + each.sizeBytes, 0) <= limits.maxBytes)
    }),
  )
})

test('for whom something is kept', () => {
  const by = (keepsFor: 'nobody' | 'trusted' | 'everybody', isPrivate: boolean) =>
    ['friend', 'stranger'].map((owner) => isWelcome(owner, { keepsFor, trusted: ['friend'] }, isPrivate))
  assert.deepEqual(by('nobody', true), [false, false])
  assert.deepEqual(by('trusted', false), [true, false])
  assert.deepEqual(by('trusted', true), [true, true])
  assert.deepEqual(by('everybody', false), [true, true])
})
