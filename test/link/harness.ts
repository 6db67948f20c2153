import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { create, createFileRegistry } from '@bufbuild/protobuf'
import type { GenService } from '@bufbuild/protobuf/codegenv2'
import {
  type BytesValueSchema,
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import { parseAddress } from '../../src/link/address.ts'
import { type Connection, dial } from '../../src/link/dial.ts'
import { createIdentity, type Identity } from '../../src/link/identity.ts'
import { DEFAULT_LINK_POOL_OPTIONS, LinkPool, type LinkPoolOptions } from '../../src/link/pool.ts'
import type { CallContext, ServiceImpl } from '../../src/link/rpc.ts'
import { LinkServer, type LinkServerOptions } from '../../src/link/server.ts'
import { CertificateSource } from '../../src/link/tls.ts'

const BYTES = '.google.protobuf.BytesValue'

const file = create(FileDescriptorProtoSchema, {
  name: 'shoal/test/echo.proto',
  package: 'shoal.test',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Echo',
      method: [
        { name: 'Unary', inputType: BYTES, outputType: BYTES },
        { name: 'Collect', inputType: BYTES, outputType: BYTES, clientStreaming: true },
        { name: 'Spread', inputType: BYTES, outputType: BYTES, serverStreaming: true },
        { name: 'Chat', inputType: BYTES, outputType: BYTES, clientStreaming: true, serverStreaming: true },
      ],
    },
  ],
})

type Bytes = typeof BytesValueSchema

/** A service with a method of every shape; all messages are bytes. */
export const Echo = createFileRegistry(file, () => file_google_protobuf_wrappers).getService(
  'shoal.test.Echo',
) as unknown as GenService<{
  unary: { methodKind: 'unary'; input: Bytes; output: Bytes }
  collect: { methodKind: 'client_streaming'; input: Bytes; output: Bytes }
  spread: { methodKind: 'server_streaming'; input: Bytes; output: Bytes }
  chat: { methodKind: 'bidi_streaming'; input: Bytes; output: Bytes }
}>

export type EchoImpl = ServiceImpl<typeof Echo>

/** Answers every method with what was sent; `spread` sends it as many times as its first byte says. */
export function echoImpl(changes: Partial<EchoImpl> = {}): EchoImpl {
  return {
    unary: async ({ value }) => ({ value }),
    collect: async (requests) => {
      const parts: Uint8Array[] = []
      for await (const { value } of requests) parts.push(value)
      return { value: Buffer.concat(parts) }
    },
    spread: async function* ({ value }) {
      for (let i = 0; i < (value[0] ?? 0); i++) yield { value }
    },
    chat: async function* (requests) {
      for await (const { value } of requests) yield { value }
    },
    ...changes,
  }
}

/** What a test may choose of a server. */
export interface ServerChoice {
  identity?: Identity
  impl?: Partial<EchoImpl>
  port?: number
  clock?: Clock
  options?: LinkServerOptions
}

/** A running Echo server on loopback; stops at the end of the scope. */
export async function startServer(choice: ServerChoice = {}) {
  const identity = choice.identity ?? createIdentity(choice.clock)
  const server = new LinkServer({
    identity,
    host: '127.0.0.1',
    port: choice.port ?? 0,
    log: silentLogger,
    clock: choice.clock ?? systemClock,
    options: choice.options,
  })
  server.addService(Echo, echoImpl(choice.impl))
  const { port } = await server.start()
  return {
    server,
    identity,
    port,
    service: Echo,
    address: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => server.stop({ graceMs: 0 }),
  }
}

/** A pool; closes at the end of the scope. */
export function openPool(choice: { identity?: Identity; clock?: Clock; options?: LinkPoolOptions } = {}) {
  const identity = choice.identity ?? createIdentity()
  const clock = choice.clock ?? systemClock
  const pool = new LinkPool({
    identity,
    log: silentLogger,
    clock,
    random: systemRandom,
    options: choice.options,
  })
  return {
    pool,
    identity,
    /** A client for the Echo service at `to`, whose identity is insisted on. */
    client: (to: { identity: Identity; address: string }) =>
      pool.connect(Echo, { peerId: to.identity.peerId, addresses: [to.address] }),
    [Symbol.asyncDispose]: () => pool.close(),
  }
}

/** A connection as the pool makes them, for what a client of the pool does not do. */
export function dialAs(
  address: string,
  choice: {
    identity?: Identity
    expect?: string
    clock?: Clock
    options?: LinkPoolOptions
    signal?: AbortSignal
  } = {},
): Promise<Connection> {
  const clock = choice.clock ?? systemClock
  const certificates = new CertificateSource(choice.identity ?? createIdentity(clock), clock)
  const options = { ...DEFAULT_LINK_POOL_OPTIONS, ...choice.options }
  const signal = choice.signal ?? new AbortController().signal
  return dial(parseAddress(address), choice.expect, signal, { certificates, clock, options })
}

/** A TCP relay to `port`, so that a test can cut the wire. */
export async function startRelay(port: number) {
  const sockets = new Set<Socket>()
  const relay = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.pipe(to)
    }
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    address: `127.0.0.1:${(relay.address() as AddressInfo).port}`,
    cut,
    /** The wire stays, and nothing passes any more. */
    stall: () => {
      for (const socket of sockets) socket.unpipe().pause()
    },
    [Symbol.asyncDispose]: async () => {
      cut()
      relay.close()
      await once(relay, 'close')
    },
  }
}

/** A message of `length` bytes that begins with `first`. */
export function message(first: number, length = 1): { value: Uint8Array } {
  const value = new Uint8Array(length).fill(7)
  value[0] = first
  return { value }
}

/** Resolves when the call that `context` belongs to is aborted, with the reason. */
export function aborted(context: CallContext): Promise<unknown> {
  return new Promise((resolve) => {
    if (context.signal.aborted) resolve(context.signal.reason)
    context.signal.addEventListener('abort', () => resolve(context.signal.reason), { once: true })
  })
}

/** The first `count` items, as an async iterable. */
export async function* items<T>(...values: T[]): AsyncGenerator<T> {
  yield* values
}

/** All items of a stream. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  return Array.fromAsync(source)
}

/** Resolves when `condition` holds; looks again every few ms and gives up after 5 s. */
export async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (condition()) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error(`it never came true: ${condition}`)
}
