import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { FakeNode } from './testing/fake-node.ts'
import { BEARER, startApi } from './testing/start-api.ts'

test('what comes while the server stops is told so, as a problem', async (t) => {
  const begun = Promise.withResolvers<void>()
  const done = Promise.withResolvers<void>()
  const port = Object.assign(new FakeNode(), {
    doctor: async () => {
      begun.resolve()
      await done.promise
      return []
    },
  })
  const { api } = await startApi(t, { port })
  const socket = connect(api.port, '127.0.0.1')
  const answers = text(socket)
  const ask = (path: string) =>
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${api.port}\r\nAuthorization: ${BEARER.authorization}\r\n\r\n`,
    )
  ask('/api/v1/doctor')
  await begun.promise
  const stopped = api.stop()
  ask('/api/v1/status')
  // Both are on one connection: the second is answered when the first is.
  setTimeout(done.resolve, 100)
  await stopped
  const [first = '', second = ''] = (await answers).split(/(?=HTTP\/1\.1 )/)
  assert.match(first, /^HTTP\/1\.1 200 /)
  assert.match(second, /^HTTP\/1\.1 503 /)
  assert.match(second, /application\/problem\+json/)
  assert.match(second, /"code":"UNAVAILABLE"/)
  assert.match(second, /x-content-type-options: nosniff/i)
})
