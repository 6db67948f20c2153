import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { queryOf } from './query.ts'

const CID = 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'

test('what typed text asks for', () => {
  const typing = { typing: true }
  const done = { typing: false }
  assert.equal(queryOf('  ', done), undefined)
  assert.equal(queryOf('h', typing), undefined, 'one letter finds everything')
  assert.deepEqual(queryOf('h', done), { kind: 'words', q: 'h' })
  assert.deepEqual(queryOf('ho', typing), { kind: 'words', q: 'ho*' })
  assert.deepEqual(queryOf('holiday ', typing), { kind: 'words', q: 'holiday' }, 'the word is whole')
  assert.deepEqual(queryOf('c++', typing), undefined)
  assert.deepEqual(queryOf('京', typing), { kind: 'words', q: '京' })
  assert.deepEqual(queryOf('!?', done), undefined)
  assert.deepEqual(queryOf(` ${'AB'.repeat(32)} `, typing), { kind: 'sha256', sha256: 'ab'.repeat(32) })
  assert.deepEqual(queryOf(CID, typing), { kind: 'cid', cid: CID })
  for (const link of [
    `shoal:${CID}?name=a`,
    `ipfs://${CID}`,
    `magnet:?xt=urn:cid:${CID}`,
    `/ipfs/${CID}`,
    `http://127.0.0.1:8081/ipfs/${CID}`,
    `https://${CID}.ipfs.dweb.link/`,
  ])
    assert.deepEqual(queryOf(link, typing), { kind: 'link', link })
})

test('any text asks for something or nothing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, typing) => {
      const query = queryOf(text, { typing })
      if (query?.kind === 'words') assert.match(query.q, /[\p{L}\p{N}]/u)
    }),
  )
})
