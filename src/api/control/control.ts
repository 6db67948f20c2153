import { fromJson } from '@bufbuild/protobuf'
import { ValueSchema } from '@bufbuild/protobuf/wkt'
import { ShoalError } from '../../base/errors.ts'
import { BoundedQueue } from '../../base/queue.ts'
import { cidFromBytes } from '../../content/cid.ts'
import { entryToWire } from '../../content/entry-wire.ts'
import type { Query } from '../../contract/gen/shoal/v1/common_pb.ts'
import { DownloadAction, type NodeService } from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import { addEntries } from '../add-entries.ts'
import { checkMatch, tagOfJson } from '../etags.ts'
import { checkChanges, priorityOf } from '../events/download-changes.ts'
import { bearerCheck } from '../guard/token.ts'
import type { DownloadView, NodeEvent, NodePort } from '../node-port.ts'
import { absolutePath, outPath } from '../requests/absolute-path.ts'
import { libraryTarget } from '../requests/library-target.ts'
import { listedPeers } from '../requests/list-requests.ts'
import { SEARCH_BOUNDS, type SearchInput, searchRequest } from '../requests/search-request.ts'
import { parseTarget } from '../requests/target.ts'
import { LIBRARY_PAGE } from '../routes/library.ts'
import { VERIFY_BOUNDS } from '../routes/verify.ts'
import { leftOutToWire } from '../views/left-out.ts'
import { linkHandlers } from './control-links.ts'
import { replicaHandlers } from './control-replicas.ts'
import { singleHandlers } from './control-single.ts'
import { statsHandlers } from './control-stats.ts'
import { pageSize, transferMethods } from './control-transfers.ts'
import {
  downloadToWire,
  peersToWire,
  putToWire,
  searchEventToWire,
  shareToWire,
  valueToWire,
  verifyEventToWire,
  verifyToWire,
} from './control-wire.ts'
import { wishHandlers } from './control-wishes.ts'
import { structOf } from './struct.ts'

/** Events that wait for one caller. */
const MAX_EVENTS = 1000

/**
 * The control service over gRPC, with the abilities and checks of the REST API. Only programs on this machine
 * that know the token are answered, whatever they ask: others get PERMISSION_DENIED or UNAUTHENTICATED.
 */
export function nodeServiceImpl(port: NodePort, token: string): ServiceImpl<typeof NodeService> {
  const { library, verify, downloads, config, kv } = port
  const admit = admission(token)
  return {
    ...transferMethods(port, admit),

    async getStatus(_request, context) {
      admit(context)
      const { peerId, name, version, ...details } = port.status()
      return { peerId, name, version, details: structOf(details) }
    },

    ...statsHandlers(port.stats, admit),

    async startVerify({ targets }, context) {
      admit(context)
      if (targets.length > VERIFY_BOUNDS.maxTargets)
        throw new ShoalError('INVALID_ARGUMENT', `targets: at most ${VERIFY_BOUNDS.maxTargets}.`)
      return verifyToWire(await verify.start(targets.map(libraryTarget)))
    },

    async getVerify(_request, context) {
      admit(context)
      return verifyToWire(verify.state())
    },

    async stopVerify(_request, context) {
      admit(context)
      return verifyToWire(await verify.stop())
    },

    async *watchVerify(_request, context) {
      admit(context)
      for await (const event of verify.watch(context.signal)) yield verifyEventToWire(event)
    },

    async *addPath({ path }, context) {
      admit(context)
      for await (const event of addEntries(library, absolutePath('path', path), context.signal)) {
        const message =
          event.type === 'added' ? { entry: entryToWire(event.entry) } : leftOutToWire(event.leftOut)
        if (message) yield message
      }
    },

    async removePath({ target }, context) {
      admit(context)
      return { removed: await library.remove(libraryTarget(target)) }
    },

    async listLibrary({ limit, cursor, folders, q }, context) {
      admit(context)
      const page = library.list({
        limit: Math.min(limit || LIBRARY_PAGE.defaultLimit, LIBRARY_PAGE.maxLimit),
        ...(cursor && { cursor }),
        folders,
        ...(q !== '' && { words: q }),
      })
      return { entries: page.entries.map(entryToWire), cursor: page.cursor ?? '' }
    },

    async *search({ query, via, timeoutMs }, context) {
      admit(context)
      const request = searchRequest({
        ...queryInput(query),
        via,
        ...(timeoutMs > 0 && { timeoutMs: Math.min(timeoutMs, SEARCH_BOUNDS.maxTimeoutMs) }),
      })
      const { signal } = context
      for await (const event of port.search(request.query, { ...request, signal }))
        yield searchEventToWire(event)
    },

    async startDownload({ target, out, name, priority, sequential, mirrors }, context) {
      admit(context)
      const { view } = await downloads.start(parseTarget(target), {
        out: out === '' ? undefined : outPath(out),
        name: name === '' ? undefined : name,
        priority: priorityOf(priority),
        sequential,
        ...(mirrors.length > 0 && { mirrors }),
        signal: context.signal,
      })
      return downloadToWire(view)
    },

    async controlDownload({ id, action }, context) {
      admit(context)
      return downloadToWire(await controlled(port, id, action))
    },

    async changeDownload({ id, priority, sequential }, context) {
      admit(context)
      return downloadToWire(
        downloads.change(id, checkChanges({ priority: priorityOf(priority), sequential })),
      )
    },

    async *watchDownload({ id }, context) {
      admit(context)
      for await (const view of downloads.watch(id, context.signal)) yield downloadToWire(view)
    },

    async removeDownload({ id }, context) {
      admit(context)
      await downloads.remove(id)
      return {}
    },

    async listShares(_request, context) {
      admit(context)
      return { shares: library.shares().map(shareToWire) }
    },

    async *watchEvents(_request, context) {
      admit(context)
      yield* eventsOf(port, context.signal)
    },

    async listPeers({ states, neighbour, limit, cursor }, context) {
      admit(context)
      const wanted = { states: states.length > 0 ? states : undefined, limit: pageSize(limit), cursor }
      const page = listedPeers(port.peers(), { ...wanted, neighbour })
      return { ...peersToWire(page.peers), cursor: page.cursor ?? '' }
    },

    async getConfig(_request, context) {
      admit(context)
      return { config: structOf(config.get()), etag: tagOfJson(config.get()) }
    },

    async setConfig({ changes, ifMatch }, context) {
      admit(context)
      checkMatch(ifMatch || undefined, config.get())
      const result = await config.patch(changes ?? {})
      return {
        config: structOf(result.config),
        restartNeeded: result.restartNeeded,
        etag: tagOfJson(config.get()),
      }
    },

    async putValue({ key, value }, context) {
      admit(context)
      return putToWire(await kv.put(key, value, { signal: context.signal }))
    },

    async getValue({ key }, context) {
      admit(context)
      return valueToWire(await kv.get(key, { signal: context.signal }))
    },

    ...wishHandlers(port.wishes, admit),
    ...replicaHandlers(port.replication, admit),
    ...linkHandlers(port, admit),
    ...singleHandlers(port, admit),
  }
}

/** Throws unless the caller is on this machine and sends the token. */
function admission(token: string): (context: CallContext) => void {
  const hasToken = bearerCheck(token)
  return (context) => {
    if (!isLoopbackAddress(context.remoteAddress))
      throw new ShoalError('PERMISSION_DENIED', 'Only programs on the machine of the node may control it.')
    if (!hasToken(context.header('authorization')))
      throw new ShoalError(
        'UNAUTHENTICATED',
        'Send the metadata "authorization: Bearer TOKEN" with the token from the file api.token in the data folder of the node.',
      )
  }
}

/** 127.0.0.0/8 (RFC 1122), ::1 (RFC 4291), and the former as an IPv4-mapped address. */
export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(address)
}

function controlled({ downloads }: NodePort, id: string, action: DownloadAction): Promise<DownloadView> {
  switch (action) {
    case DownloadAction.PAUSE:
      return downloads.pause(id)
    case DownloadAction.RESUME:
      return downloads.resume(id)
    case DownloadAction.CANCEL:
      return downloads.cancel(id)
    default:
      throw new ShoalError('INVALID_ARGUMENT', 'action: must be PAUSE, RESUME or CANCEL.')
  }
}

function queryInput(query: Query | undefined): SearchInput {
  const { words = '', sha256, cid, limit = 0 } = query ?? {}
  return {
    q: words,
    sha256: sha256?.length ? Buffer.from(sha256).toString('hex') : undefined,
    cid: cid?.length ? cidFromBytes(cid) : undefined,
    limit: Math.min(limit || SEARCH_BOUNDS.defaultLimit, SEARCH_BOUNDS.maxLimit),
  }
}

/** Events as they come. A caller that is more than {@link MAX_EVENTS} behind is cut off with BUSY rather than told less than happened. */
async function* eventsOf({ events }: NodePort, signal: AbortSignal) {
  const queue = new BoundedQueue<NodeEvent>(MAX_EVENTS)
  const off = events.on((event) => {
    if (!queue.tryPush(event))
      queue.fail(new ShoalError('BUSY', 'You read events more slowly than they happen.'))
  })
  const close = () => queue.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    for await (const { type, data } of queue)
      yield { type, data: fromJson(ValueSchema, structOf(data ?? null)) }
  } finally {
    off()
    signal.removeEventListener('abort', close)
  }
}
