import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { silentLogger } from '../base/log.ts'
import { wordsOf } from '../base/words.ts'
import { Catalogue } from './catalogue.ts'

const relPaths = fc.constantFrom('a', 'b', 'd/a', 'd/b', 'd/e/a', 'd/e/f', 'dd/é', 'x/数据.bin')
const contents = fc.constantFrom('one', 'two', 'three')
const step = fc.oneof(
  fc.record({
    type: fc.constant('put' as const),
    files: fc.array(fc.tuple(fc.nat(1), relPaths, contents), { maxLength: 6 }),
  }),
  fc.record({
    type: fc.constant('remove' as const),
    share: fc.nat(1),
    paths: fc.array(relPaths, { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('tree' as const),
    share: fc.nat(1),
    path: fc.constantFrom('', 'd', 'd/e', 'x', 'a'),
  }),
  fc.record({ type: fc.constant('missing' as const), share: fc.nat(1), missing: fc.boolean() }),
  fc.record({ type: fc.constant('reopen' as const) }),
)

const hash = (content: string) => createHash('sha256').update(content).digest()
const isBelow = (path: string, folder: string) =>
  folder === '' || path === folder || path.startsWith(`${folder}/`)

test('any sequence of writes leaves what a plain map would hold, and says each change once', () => {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-model-'))
  let run = 0
  try {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const path = join(folder, `${run++}.db`)
        let catalogue = Catalogue.open(path, { log: silentLogger }).catalogue
        const ids = [0, 1].map((i) => catalogue.addShare(`/s${run}/share${i}`, 'folder', 'user').id)
        const model = [new Map<string, string>(), new Map<string, string>()]
        const missing = [false, false]
        /** What a locator would know that heard all changes: path -> CID. */
        const told = new Map<string, string>()
        const tell = (change: {
          added: readonly { cid: string; path: string }[]
          removed: readonly { cid: string; path: string }[]
        }) => {
          for (const { cid, path } of change.removed) {
            assert.equal(told.get(path), cid)
            told.delete(path)
          }
          for (const { cid, path } of change.added) told.set(path, cid)
        }
        const tellShare = (i: number) => {
          for (const { entries, keys } of catalogue.batchesOfShare(ids[i]!)) {
            tell(missing[i] ? { added: [], removed: keys } : { added: entries, removed: [] })
          }
        }
        for (const action of steps) {
          if (action.type === 'put') {
            const byPath = new Map(
              action.files.map(([i, relPath, content]) => [`${i}/${relPath}`, { i, relPath, content }]),
            )
            const files = [...byPath.values()]
            tell(
              catalogue.putFiles(
                files.map(({ i, relPath, content }) => ({
                  shareId: ids[i]!,
                  relPath,
                  cid: content,
                  sha256: hash(content).toString('hex'),
                  digests: hash(content),
                  totalBytes: content.length,
                  stat: { size: content.length, mtimeMs: 1, ino: 1 },
                })),
              ),
            )
            for (const { i, relPath, content } of files) model[i]!.set(relPath, content)
          } else if (action.type === 'remove') {
            const keys = action.paths.map((relPath) => ({ shareId: ids[action.share]!, relPath }))
            tell({ added: [], removed: catalogue.removeFiles(keys) })
            for (const relPath of action.paths) model[action.share]!.delete(relPath)
          } else if (action.type === 'tree') {
            for (let done = false; !done; ) {
              const part = catalogue.removeTree({ shareId: ids[action.share]!, relPath: action.path }, 2)
              tell({ added: [], removed: part.removed })
              done = part.done
            }
            for (const relPath of [...model[action.share]!.keys()]) {
              if (isBelow(relPath, action.path)) model[action.share]!.delete(relPath)
            }
          } else if (action.type === 'missing') {
            const changed = catalogue.setMissing(ids[action.share]!, action.missing)
            assert.equal(changed, missing[action.share] !== action.missing)
            missing[action.share] = action.missing
            if (changed) tellShare(action.share)
          } else {
            catalogue.close()
            catalogue = Catalogue.open(path, { log: silentLogger }).catalogue
          }
        }

        const expected = new Map(
          [0, 1].flatMap((i) =>
            missing[i] ? [] : [...model[i]!].map(([path, cid]) => [`share${i}/${path}`, cid] as const),
          ),
        )
        assert.deepEqual(new Map([...told].sort()), new Map([...expected].sort()))
        const listed = catalogue.list({ limit: 1000 }).entries
        assert.deepEqual(
          new Map(listed.map(({ path, cid }) => [path, cid] as const).sort()),
          new Map([...expected].sort()),
        )
        assert.equal(listed.length, expected.size)
        assert.deepEqual([...catalogue.batches()].flat().length, expected.size)
        const { files, sizeBytes } = catalogue.totals()
        assert.equal(files, expected.size)
        assert.equal(
          sizeBytes,
          [...expected.values()].reduce((sum, cid) => sum + cid.length, 0),
        )
        for (const i of [0, 1]) {
          const known = [...catalogue.filesOfShare(ids[i]!)].map(
            ({ relPath, cid }) => [relPath, cid] as const,
          )
          assert.deepEqual(new Map(known.sort()), new Map([...model[i]!].sort()))
        }
        for (const word of ['a', 'd', 'e', '数', 'share1', 'bin']) {
          const matching = [...expected]
            .filter(([path]) => wordsOf(path).includes(word))
            .map(([, cid]) => cid)
          const found = catalogue.search({ words: word, limit: 100 }).map(({ cid }) => cid)
          assert.deepEqual(found.sort(), [...new Set(matching)].sort(), word)
        }
        catalogue.close()
      }),
      { numRuns: 40 },
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
})
