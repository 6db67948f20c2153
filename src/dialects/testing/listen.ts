import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import Fastify from 'fastify'
import type { CallBacks, Dialect } from '../dialect.ts'

export interface Listening {
  readonly host: string
  readonly port: number
  /** `http://HOST:PORT` */
  readonly url: string
}

/** Dialects on one listener of their own at a free port, with of the frame only what they cannot do without. They are started, and stopped after the test. */
export async function listen(t: TestContext, calls: CallBacks, ...dialects: Dialect[]): Promise<Listening> {
  const app = Fastify({ forceCloseConnections: true })
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  app.addHook('onRequest', async ({ ip, socket }) => calls.called({ host: ip, port: socket.remotePort ?? 0 }))
  for (const dialect of dialects) dialect.http?.(app)
  const host = '127.0.0.1'
  await app.listen({ host, port: 0 })
  const { port } = app.server.address() as AddressInfo
  for (const dialect of dialects) dialect.start({ host, port })
  t.after(async () => {
    for (const dialect of dialects) await dialect.stop()
    await app.close()
  })
  return { host, port, url: `http://${host}:${port}` }
}
