import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentPath, plainLink, qrAddress } from './links.ts'

test('a link keeps hostile names in their place', () => {
  const link = plainLink({ cid: 'bafy', name: 'a&peer=evil#?\u202e.mp3', size: 5 })
  assert.equal(link, 'shoal:bafy?name=a%26peer%3Devil%23%3F%E2%80%AE.mp3&size=5')
  assert.equal(new URL(link).searchParams.get('name'), 'a&peer=evil#?\u202e.mp3')
  assert.equal(plainLink({ cid: 'bafy', name: '', size: 0 }), 'shoal:bafy')
  assert.equal(
    plainLink({ cid: 'bafy', name: '\ud800', size: 0 }),
    'shoal:bafy?name=%EF%BF%BD',
    'a lone surrogate',
  )
})

test('content is addressed by its CID; a folder as one', () => {
  assert.equal(contentPath({ cid: 'bafy', name: 'a b.txt', kind: 'file' }), '/ipfs/bafy?filename=a%20b.txt')
  assert.equal(contentPath({ cid: 'bafy', name: 'a b', kind: 'folder' }), '/ipfs/bafy/')
})

test('no QR code of what is too long for one', () => {
  assert.equal(qrAddress('shoal:a&b'), '/api/v1/links/qr.svg?text=shoal%3Aa%26b')
  assert.equal(qrAddress('x'.repeat(2001)), undefined)
})
