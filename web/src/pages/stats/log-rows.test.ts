import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { askedText, figuresOf, type LogState, withNewest, withOlder } from './log-rows.ts'

type Row = { id: string }
const rowsOf = (...ids: number[]): Row[] => ids.map((id) => ({ id: String(id) }))
const NONE: LogState<Row> = { rows: [], cursor: undefined }
const idsOf = ({ rows }: LogState<Row>) => rows.map(({ id }) => id).join(' ')

test('new rows come before, older ones behind, each once', () => {
  let state = withNewest(NONE, { rows: rowsOf(5, 4, 3), cursor: '3' })
  state = withOlder(state, { rows: rowsOf(2, 1) })
  assert.equal(idsOf(state), '5 4 3 2 1')
  assert.equal(state.cursor, undefined, 'the end')
  state = withNewest(state, { rows: rowsOf(7, 6, 5), cursor: '5' })
  assert.equal(idsOf(state), '7 6 5 4 3 2 1')
  assert.equal(state.cursor, undefined, 'still the end')
})

test('what may have a gap is not joined', () => {
  const state = withNewest({ rows: rowsOf(3, 2), cursor: '2' }, { rows: rowsOf(9, 8), cursor: '8' })
  assert.deepEqual(state, { rows: rowsOf(9, 8), cursor: '8' })
})

test('a log that is read in pages while it grows has every row once, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(3), { maxLength: 30 }), (steps) => {
      let newest = 10
      let state = NONE
      const pageFrom = (from: number) => {
        const rows = rowsOf(...[0, 1, 2, 3].map((back) => from - back).filter((id) => id > 0))
        return { rows, ...(from > 4 && { cursor: rows.at(-1)!.id }) }
      }
      for (const step of steps) {
        newest += step
        state = withNewest(state, pageFrom(newest))
        if (state.cursor !== undefined) state = withOlder(state, pageFrom(Number(state.cursor) - 1))
        const ids = state.rows.map(({ id }) => Number(id))
        assert.deepEqual(
          ids,
          ids.map((_, index) => newest - index),
        )
      }
    }),
  )
})

test('what a search looked for, cost, and how far it went', () => {
  const report = { hits: 1, messages: 4, ms: 1, asked: 1, bytes: 1 }
  const row = {
    via: { zone: report, flood: { ...report, firstHitHops: 1 } },
    responders: [
      { peerId: 'a', name: '', hits: 1, via: ['flood'], hops: 3 },
      { peerId: 'b', name: '', hits: 1, via: ['zone'] },
    ],
  } as unknown as Parameters<typeof figuresOf>[0]
  assert.deepEqual(figuresOf(row), { messages: 8, hops: 3 })
  assert.deepEqual(figuresOf({ ...row, via: {}, responders: [] }), { messages: 0, hops: undefined })
  assert.equal(askedText({ words: 'a b' }), 'a b')
  assert.equal(askedText({ cid: 'bafy', sha256: 'ab' }), 'bafy ab')
})
