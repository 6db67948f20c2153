import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'
import { FileTransferService } from '../../contract/gen/dialects/file_transfer_pb.ts'
import { checkKey } from '../../kv/key.ts'
import { firstOf } from '../common/first-of.ts'
import { readWhole } from '../common/read-whole.ts'
import { callerOf, type Routes, rest } from '../common/rest.ts'
import { unary } from '../common/unary.ts'
import { given, originOf, quietly, reader } from '../common/values.ts'
import type { Dialect, DialectContext, DialectFile } from '../dialect.ts'
import { KvPeers } from './peers.ts'
import { replicaOf } from './replica.ts'
import { valueContent } from './values.ts'

/** In ms. A pair that was sent to peers and comes back from one before `echoMs` is an echo, even if another value came in between. */
export const DEFAULT_KV_OPTIONS = {
  ...{ valueTimeoutMs: 10_000, callTimeoutMs: 5_000, fileTimeoutMs: 30_000, echoMs: 10_000 },
  /** Waits before a newcomer is told of the others, until it answers. */
  introduceAfterMs: [1_000, 3_000, 9_000],
  ...{ forgetMs: 600_000, maxPeers: 64, maxWork: 128, maxLookups: 64, maxRecent: 1_024 },
}

export type KvOptions = Readonly<typeof DEFAULT_KV_OPTIONS>

/** Largest file in one answer, bytes: gRPC's 4 MiB, less what is around it. */
export const MAX_CONTENT_BYTES = 4 * 1024 * 1024 - 1024

const SUCCESS = { status: 'success' }

/** What can be a key of the node's store. */
const keyOf = (key: unknown) => (typeof key === 'string' ? quietly(() => checkKey(key)) : undefined)
const PAIR = reader({ key: keyOf, value: (value) => (value === '' ? undefined : (value ?? undefined)) })
const ADDRESS = reader({ address: originOf })
const PEERS = reader({ peers: (list): unknown[] | undefined => (Array.isArray(list) ? list : undefined) })

function refusal(text: string, error: unknown) {
  const isInvalid = error instanceof ShoalError && error.code === 'INVALID_ARGUMENT'
  return { error: isInvalid ? 'Invalid data' : text }
}

/** Values under keys over REST, copied to the peers that registered, and as files over gRPC. */
export function kvDialect(context: DialectContext, changed: Partial<KvOptions> = {}): Dialect {
  const options = { ...DEFAULT_KV_OPTIONS, ...changed }
  const peers = new KvPeers(context, options)
  const replica = replicaOf(context, peers, options)

  async function getFile({ key }: { key: string }) {
    using life = withDeadline(context.clock, options.fileTimeoutMs, peers.work.signal)
    const take = async (file: DialectFile) => {
      if (file.sizeBytes <= MAX_CONTENT_BYTES) return readWhole(context.node, file, life.signal)
      throw new ShoalError('TOO_LARGE', `The file has more than ${MAX_CONTENT_BYTES} bytes.`)
    }
    // A node that keeps no values has files all the same.
    const [value] = await Promise.allSettled([keyOf(key) ? replica.read(key) : undefined])
    const held = value.status === 'fulfilled' ? value.value : undefined
    const content = held ? valueContent(held) : await firstOf(context.node, { name: key }, take, life.signal)
    if (content) return { key, content }
    throw value.status === 'rejected' ? value.reason : new ShoalError('NOT_FOUND', 'File not found')
  }

  const routes: Routes = (scope, post) => {
    post('/store_data', PAIR, async (pair, request) => {
      await replica.store(pair, callerOf(request))
      return SUCCESS
    })
    scope.get<{ Params: { '*': string } }>('/get_data/*', async (request, reply) => {
      const key = keyOf(request.params['*'])
      const found = key && (await replica.lookup(key, callerOf(request)))
      if (!found) return reply.code(404).send({ error: 'Not found' })
      return reply.type('application/json; charset=utf-8').send(found)
    })
    post('/register_peer', ADDRESS, ({ address: url }, request) => {
      given(
        peers.mayCall(url) || undefined,
        'PERMISSION_DENIED',
        'Only addresses that have called are registered.',
      )
      if (peers.isSelf(url)) return SUCCESS
      const peer = given(peers.meet(url, callerOf(request)), 'BUSY')
      peers.introduce(peer, context.clock, options.introduceAfterMs)
      return SUCCESS
    })
    post('/update_peers', PEERS, ({ peers: told }) => {
      for (const url of told.map(originOf)) if (url) peers.meet(url)
      return SUCCESS
    })
    scope.get('/get_peers', async () => ({ peers: peers.urls }))
  }

  return {
    name: 'kv',
    http: (app) => rest(app, { refusal, log: context.log }, routes),
    grpc: { calls: new Map([unary(FileTransferService.method.getFile, getFile)]) },
    start: (where) => peers.listen(where),
    stop: () => peers.work.stop(),
    view: () => ({ peers: peers.urls }),
  }
}
