import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BEARER, send, startApi } from '../testing/start-api.ts'

test('a gateway that is switched off gives content to those only who have the token', async (t) => {
  let isOpen = false
  const { url, node } = await startApi(t, { isGatewayOpen: () => isOpen })
  const path = `${url}/ipfs/${node.content.addFile(Buffer.from('some words\n'))}`
  for (const address of [path, `${path}?format=raw`, `${path}/below`, `${url}/ipfs/bafkqaaa`]) {
    const refused = await send(address)
    assert.deepEqual([refused.status, JSON.parse(refused.body).code], [403, 'PERMISSION_DENIED'], address)
    assert.match(JSON.parse(refused.body).detail, /shoal config set gateway on/)
    assert.equal((await send(address, { method: 'HEAD' })).status, 403)
  }
  assert.deepEqual(node.content.opened, [])
  assert.equal((await send(path, { headers: { authorization: 'Bearer wrong' } })).status, 403)
  assert.equal((await send(path, { headers: BEARER })).body, 'some words\n')
  isOpen = true
  assert.equal((await send(path)).body, 'some words\n')
})
