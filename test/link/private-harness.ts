import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import { createIdentity, type Identity } from '../../src/link/identity.ts'
import { NetworkKey } from '../../src/link/network-key.ts'
import { LinkPool } from '../../src/link/pool.ts'
import { PrivateNetwork } from '../../src/link/private-network.ts'
import { LinkServer, type LinkServerOptions } from '../../src/link/server.ts'
import { Echo, type EchoImpl, echoImpl } from './harness.ts'

const clock = systemClock

/** The secret of the tests' network; every member reads it anew, as from a file of its own. */
const TEXT = NetworkKey.create('home').text()
export const homeNetwork = (allowed?: readonly string[]) =>
  new PrivateNetwork(NetworkKey.parse(TEXT), allowed)
export const otherNetwork = () => new PrivateNetwork(NetworkKey.create('home'))

interface Choice {
  identity?: Identity
  /** Default: a member of {@link homeNetwork}; null: a node of the public network. */
  network?: PrivateNetwork | null
}

const networkOf = ({ network }: Choice) => (network === null ? undefined : (network ?? homeNetwork()))

/** An Echo server that is a member; stops at the end of the scope. */
export async function startMember(
  choice: Choice & { impl?: Partial<EchoImpl>; options?: LinkServerOptions } = {},
) {
  const identity = choice.identity ?? createIdentity()
  const server = new LinkServer({
    identity,
    host: '127.0.0.1',
    port: 0,
    log: silentLogger,
    clock,
    network: networkOf(choice),
    options: choice.options,
  })
  server.addService(Echo, echoImpl(choice.impl))
  const { port } = await server.start()
  return {
    server,
    identity,
    port,
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.stop({ graceMs: 0 }),
  }
}

/** The calls of a member; closes at the end of the scope. */
export function openMember(choice: Choice = {}) {
  const identity = choice.identity ?? createIdentity()
  const network = networkOf(choice)
  const pool = new LinkPool({ identity, log: silentLogger, clock, random: systemRandom, network })
  return {
    pool,
    identity,
    client: (to: { identity?: Identity; address: string }) =>
      pool.connect(Echo, { peerId: to.identity?.peerId, addresses: [to.address] }),
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

/** What came back to a stranger over one connection, to its end. */
export async function receivedFrom(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {})
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(chunks)
}

/** A TCP relay to `port` that keeps all that passes, each way apart. */
export async function startRecorder(port: number) {
  const sent: Buffer[] = []
  const answered: Buffer[] = []
  const sockets = new Set<Socket>()
  const relay = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    const pairs = [
      [near, far, sent],
      [far, near, answered],
    ] as const
    for (const [from, to, record] of pairs) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('data', (chunk) => {
        record.push(chunk)
        to.write(chunk)
      })
    }
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  return {
    address: `127.0.0.1:${(relay.address() as AddressInfo).port}`,
    sent: () => Buffer.concat(sent),
    answered: () => Buffer.concat(answered),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      relay.close()
      await once(relay, 'close')
    },
  }
}

/** A TCP server that does with each connection what `serve` says; all are cut at the end of the scope. */
export async function startStranger(serve: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    serve(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
