import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { FastifyInstance } from 'fastify'
import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'
import { FileRequestSchema, FileResponseSchema } from '../../contract/gen/dialects/file_transfer_pb.ts'
import { checkKey } from '../../kv/key.ts'
import { readWhole } from '../common/read-whole.ts'
import { callerOf, rest } from '../common/rest.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { KvPeers } from './peers.ts'
import { Replica } from './replica.ts'
import { parseJson, valueContent } from './values.ts'

export interface KvOptions {
  /** For the node's own store. */
  readonly valueTimeoutMs: number
  /** For a call to a peer, and for all those of a lookup together. */
  readonly callTimeoutMs: number
  /** For reading a file. */
  readonly fileTimeoutMs: number
  /** A pair that was sent to peers and comes back from one within so long after is an echo, even if another value came in between. */
  readonly echoMs: number
  /** Waits before a newcomer is told of the others, until it answers. */
  readonly introduceAfterMs: readonly number[]
  /** A peer that does not answer for so long is forgotten. */
  readonly forgetMs: number
  readonly maxPeers: number
}

export interface KvSetup {
  readonly context: DialectContext
  readonly options: KvOptions
  /** Aborts when the dialect stops. */
  readonly stop: AbortSignal
}

export const DEFAULT_KV_OPTIONS: KvOptions = {
  ...{ valueTimeoutMs: 10_000, callTimeoutMs: 5_000, fileTimeoutMs: 30_000, echoMs: 5_000 },
  ...{ introduceAfterMs: [1_000, 3_000, 9_000], forgetMs: 600_000, maxPeers: 64 },
}

/** Largest file in one answer, bytes: gRPC's 4 MiB, less what is around it. */
export const MAX_CONTENT_BYTES = 4 * 1024 * 1024 - 1024

/** Values under keys over REST, copied to the peers that registered, and as files over gRPC. */
export function kvDialect(context: DialectContext, options: Partial<KvOptions> = {}): Dialect {
  const all = { ...DEFAULT_KV_OPTIONS, ...options }
  const stop = new AbortController()
  const setup: KvSetup = { context, options: all, stop: stop.signal }
  const peers = new KvPeers(setup)
  const replica = new Replica(setup, peers)

  async function getFile(request: Uint8Array): Promise<Uint8Array> {
    const { key } = readRequest(request)
    // A node that keeps no values has files all the same.
    const [value] = await Promise.allSettled([isKey(key) ? replica.read(key) : undefined])
    const held = value.status === 'fulfilled' ? value.value : undefined
    const content = held ? valueContent(held) : await sharedFile(key)
    if (!content)
      throw value.status === 'rejected' ? value.reason : new ShoalError('NOT_FOUND', 'File not found')
    return toBinary(FileResponseSchema, create(FileResponseSchema, { key, content }))
  }

  async function sharedFile(name: string): Promise<Uint8Array | undefined> {
    let failure: ShoalError | undefined
    using deadline = withDeadline(context.clock, all.fileTimeoutMs, stop.signal)
    for await (const file of name ? context.node.find({ name }, deadline.signal) : []) {
      if (file.name !== name) continue
      if (file.sizeBytes <= MAX_CONTENT_BYTES) return await readWhole(context.node, file, deadline.signal)
      failure = new ShoalError('TOO_LARGE', `The file has more than ${MAX_CONTENT_BYTES} bytes.`)
    }
    if (failure) throw failure
    return undefined
  }

  function routes(app: FastifyInstance): void {
    app.post<{ Body?: { key?: unknown; value?: unknown } }>('/store_data', async (request) => {
      const { key, value } = request.body ?? {}
      if (!isKey(key) || value == null || value === '') throw new ShoalError('INVALID_ARGUMENT')
      await replica.store(key, value, callerOf(request))
      return SUCCESS
    })
    app.get<{ Params: { '*': string } }>('/get_data/*', async (request, reply) => {
      const { '*': key } = request.params
      const found = isKey(key) ? await replica.lookup(key, callerOf(request)) : undefined
      if (found === undefined) return reply.code(404).send({ error: 'Not found' })
      return reply.type('application/json; charset=utf-8').send(found)
    })
    app.post<{ Body?: { address?: unknown } }>('/register_peer', async (request) => {
      peers.register(request.body?.address, callerOf(request))
      return SUCCESS
    })
    app.post<{ Body?: { peers?: unknown } }>('/update_peers', async ({ body }) => {
      if (!Array.isArray(body?.peers)) throw new ShoalError('INVALID_ARGUMENT')
      peers.learn(body.peers)
      return SUCCESS
    })
    app.get('/get_peers', async () => ({ peers: peers.urls }))
  }

  return {
    name: 'kv',
    http: (app) => rest(app, { parse, refusal, log: context.log }, routes),
    grpc: { calls: new Map([['/FileTransferService/GetFile', getFile]]) },
    start: (where) => peers.listen(where),
    stop: async () => stop.abort(new ShoalError('CANCELLED')),
    view: () => ({ peers: peers.urls }),
  }
}

/** Whatever is no JSON lacks what is needed; a GET may say that it is JSON and have nothing. */
const parse = (text: string) => quietly(() => parseJson(text))

function refusal(text: string, error: unknown) {
  const isInvalid = error instanceof ShoalError && error.code === 'INVALID_ARGUMENT'
  return { error: isInvalid ? 'Invalid data' : text }
}

const SUCCESS = { status: 'success' }

/** Whether it can be a key of the node's store. */
const isKey = (key: unknown): key is string => typeof key === 'string' && quietly(() => checkKey(key)) === key

function readRequest(bytes: Uint8Array) {
  const request = quietly(() => fromBinary(FileRequestSchema, bytes))
  if (!request) throw new ShoalError('INVALID_ARGUMENT')
  return request
}

function quietly<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
