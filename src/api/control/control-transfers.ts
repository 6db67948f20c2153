import { ShoalError } from '../../base/errors.ts'
import { type NodeService, UploadAction } from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import { FINAL_STATES, type NodePort } from '../node-port.ts'
import { listedDownloads } from '../requests/list-requests.ts'
import { MAX_PAGE, wordsOf } from '../requests/paging.ts'
import { BLOCK_CELLS } from '../views/block-map-view.ts'
import { downloadToWire, uploadToWire } from './control-wire.ts'

type TransferMethods = Pick<
  ServiceImpl<typeof NodeService>,
  'listDownloads' | 'clearDownloads' | 'getDownloadBlocks' | 'listUploads' | 'controlUpload'
>

/** Of a page that may be asked for without saying how large. */
export function pageSize(limit: number): number | undefined {
  return limit === 0 ? undefined : Math.min(limit, MAX_PAGE)
}

/** What transfers look like from outside, and what their owner can do about them. @param admit throws for callers who may not ask */
export function transferMethods(port: NodePort, admit: (context: CallContext) => void): TransferMethods {
  const { downloads } = port
  return {
    async listDownloads({ states, limit, cursor }, context) {
      admit(context)
      const wanted = { states: states.length > 0 ? states : undefined, limit: pageSize(limit), cursor }
      const page = listedDownloads(downloads.list(), wanted)
      return { downloads: page.downloads.map(downloadToWire), cursor: page.cursor ?? '' }
    },

    async clearDownloads({ states }, context) {
      admit(context)
      return { removed: await downloads.clear(wordsOf('states', states, FINAL_STATES)) }
    },

    async getDownloadBlocks({ id, cells }, context) {
      admit(context)
      const map = downloads.blocks(id, Math.min(cells || BLOCK_CELLS.usual, BLOCK_CELLS.most))
      const { blocks, blockSizeBytes, have, inFlight, from, flying, sources } = map
      return {
        ...{ blocks, blockSizeBytes, cells: map.cells },
        ...{ have: [...have], inFlight: [...inFlight], from: [...from], flying: [...flying] },
        sources: sources.map(({ peerId, name }) => ({ peerId, name })),
      }
    },

    async listUploads(_request, context) {
      admit(context)
      const { slots, active, queued, paused } = port.uploads()
      return {
        ...{ slots, active: active.map(uploadToWire), queued: queued.map(uploadToWire) },
        paused: [...paused],
      }
    },

    async controlUpload({ peerId, action }, context) {
      admit(context)
      return port.controlUploads(peerId, actionOf(action))
    },
  }
}

function actionOf(action: UploadAction): 'pause' | 'resume' | 'cancel' {
  switch (action) {
    case UploadAction.PAUSE:
      return 'pause'
    case UploadAction.RESUME:
      return 'resume'
    case UploadAction.CANCEL:
      return 'cancel'
    default:
      throw new ShoalError('INVALID_ARGUMENT', 'action: must be PAUSE, RESUME or CANCEL.')
  }
}
