import { DOWNLOAD_EXAMPLES as downloads } from '../examples/downloads.ts'
import { LIBRARY_EXAMPLES as library } from '../examples/library.ts'
import { NODE_EXAMPLES as node } from '../examples/node.ts'
import { REPLICA_EXAMPLES as replicas } from '../examples/replicas.ts'
import type { OperationTable } from './facts.ts'

/** Who reads by CID may need somebody else for it. */
const CONTENT_CODES = [
  ...(['INVALID_CID', 'NOT_FOUND', 'NO_PROVIDERS', 'NOT_ACCEPTABLE', 'CONFLICT', 'FILE_CHANGED'] as const),
  ...(['PRECONDITION_FAILED', 'TOO_LARGE', 'RANGE_NOT_SATISFIABLE', 'RATE_LIMITED'] as const),
  ...(['BAD_BLOCK', 'BAD_RESPONSE', 'BUSY', 'UNAVAILABLE', 'TIMED_OUT', 'IO'] as const),
] as const

/** What other nodes refuse a value with. */
const VALUE_CODES = ['RATE_LIMITED', 'BUSY', 'UNAVAILABLE', 'BAD_RESPONSE', 'NOT_IMPLEMENTED'] as const

/** The operations of a node, as docs/API.md lists them. */
export const NODE_OPERATIONS: OperationTable = {
  'GET /api/v1/status': { id: 'getStatus', example: node.status },
  'GET /api/v1/events': { id: 'watchEvents', example: node.events },

  'GET /api/v1/library': { id: 'listLibrary', codes: ['INVALID_CID'], example: library.page },
  'POST /api/v1/library': {
    id: 'addPath',
    again: 'the same entries; what has not changed is not read once more.',
    codes: ['NOT_FOUND', 'CONFLICT', 'FILE_CHANGED', 'CANCELLED', 'IO'],
    example: library.added,
  },
  'DELETE /api/v1/library': {
    id: 'removePath',
    again: '404 NOT_FOUND.',
    codes: ['INVALID_CID', 'NOT_FOUND'],
    example: library.removed,
  },
  'GET /api/v1/shares': { id: 'listShares', example: library.shares },
  'PUT /api/v1/library/files/{name}': {
    id: 'sendFile',
    again: '200 with the file that is there.',
    codes: ['ALREADY_EXISTS', 'FILE_CHANGED', 'BUSY', 'NO_SPACE', 'IO'],
    example: library.received,
  },
  'POST /api/v1/library/verify': {
    id: 'startVerify',
    again: 'joins the one that goes on.',
    codes: ['INVALID_CID', 'NOT_FOUND', 'CONFLICT'],
    example: library.verification,
  },
  'GET /api/v1/library/verify': { id: 'getVerify', example: library.report },
  'DELETE /api/v1/library/verify': {
    id: 'stopVerify',
    again: 'the same answer.',
    example: library.verification,
  },
  'GET /api/v1/library/verify/events': {
    id: 'watchVerify',
    codes: ['NOT_FOUND'],
    example: library.verifyLines,
  },

  'GET /api/v1/links': { id: 'getLink', codes: ['INVALID_CID', 'NOT_FOUND'], example: library.link },
  'GET /api/v1/links/qr.svg': { id: 'getQrCode', codes: ['TOO_LARGE'], example: node.qr },
  'POST /api/v1/links': {
    id: 'openLink',
    again: 'the same answer.',
    codes: ['INVALID_CID'],
    example: library.opened,
  },

  'GET /api/v1/search': { id: 'search', codes: ['INVALID_CID'], example: downloads.found },
  'GET /api/v1/targets': {
    id: 'findTarget',
    codes: ['INVALID_CID', 'NOT_FOUND', 'AMBIGUOUS', 'UNAVAILABLE', 'TIMED_OUT'],
    example: downloads.target,
  },

  'POST /api/v1/downloads': {
    id: 'startDownload',
    again: '200 with the download that is there.',
    codes: ['INVALID_CID', 'NOT_FOUND', 'AMBIGUOUS', 'CONFLICT', 'BUSY', 'UNAVAILABLE', 'TIMED_OUT', 'IO'],
    example: downloads.queued,
  },
  'GET /api/v1/downloads': { id: 'listDownloads', example: downloads.list },
  'DELETE /api/v1/downloads': {
    id: 'clearDownloads',
    again: 'none are left to forget.',
    codes: ['IO'],
    example: downloads.cleared,
  },
  'GET /api/v1/downloads/{id}': { id: 'getDownload', codes: ['NOT_FOUND'], example: downloads.download },
  'PATCH /api/v1/downloads/{id}': {
    id: 'changeDownload',
    again: 'the same answer.',
    codes: ['NOT_FOUND', 'CONFLICT'],
    example: { ...downloads.download, priority: 'high' },
  },
  'DELETE /api/v1/downloads/{id}': {
    id: 'removeDownload',
    again: '404 NOT_FOUND.',
    codes: ['NOT_FOUND', 'CONFLICT', 'IO'],
  },
  'POST /api/v1/downloads/{id}/pause': {
    id: 'pauseDownload',
    again: 'the download as it is, and so with one that is paused already.',
    codes: ['NOT_FOUND', 'CONFLICT'],
    example: downloads.paused,
  },
  'POST /api/v1/downloads/{id}/resume': {
    id: 'resumeDownload',
    again: 'the download as it is, and so with one that goes on already.',
    codes: ['NOT_FOUND', 'CONFLICT'],
    example: downloads.queued,
  },
  'POST /api/v1/downloads/{id}/cancel': {
    id: 'cancelDownload',
    again: 'the download as it is, and so with one that is cancelled already.',
    codes: ['NOT_FOUND', 'CONFLICT', 'IO'],
    example: downloads.cancelled,
  },
  'GET /api/v1/downloads/{id}/events': {
    id: 'watchDownload',
    codes: ['NOT_FOUND'],
    example: downloads.events,
  },
  'GET /api/v1/downloads/{id}/blocks': {
    id: 'getDownloadBlocks',
    codes: ['NOT_FOUND'],
    example: downloads.blocks,
  },

  'POST /api/v1/wishes': {
    id: 'addWish',
    again: '200 with the wish that is there.',
    codes: ['CONFLICT'],
    example: downloads.wish,
  },
  'GET /api/v1/wishes': { id: 'listWishes', example: { wishes: [downloads.wish] } },
  'GET /api/v1/wishes/{id}': { id: 'getWish', codes: ['NOT_FOUND'], example: downloads.wish },
  'PATCH /api/v1/wishes/{id}': {
    id: 'changeWish',
    again: 'the same answer.',
    codes: ['NOT_FOUND'],
    example: { ...downloads.wish, newHits: 0 },
  },
  'POST /api/v1/wishes/{id}/search': {
    id: 'searchWish',
    again: 'another search, once a wish may be searched for.',
    codes: ['NOT_FOUND', 'RATE_LIMITED', 'UNAVAILABLE', 'CANCELLED'],
    example: downloads.wish,
  },
  'DELETE /api/v1/wishes/{id}': { id: 'removeWish', again: '404 NOT_FOUND.', codes: ['NOT_FOUND'] },

  'POST /api/v1/replicas': {
    id: 'push',
    again: '200 with the order that is there.',
    codes: ['INVALID_CID', 'NOT_FOUND', 'CONFLICT', 'FILE_CHANGED', 'CANCELLED', 'IO'],
    example: replicas.placing,
  },
  'GET /api/v1/replicas': { id: 'listReplicas', example: { replicas: [replicas.kept] } },
  'GET /api/v1/replicas/{cid}': {
    id: 'getReplica',
    codes: ['INVALID_CID', 'NOT_FOUND'],
    example: { replicas: [replicas.kept] },
  },
  'GET /api/v1/replicas/{cid}/watch': {
    id: 'watchReplica',
    codes: ['INVALID_CID', 'NOT_FOUND'],
    example: { placing: replicas.placing, kept: replicas.kept },
  },
  'POST /api/v1/replicas/{cid}/prove': {
    id: 'proveReplica',
    again: 'asks for other blocks.',
    codes: ['INVALID_CID', 'NOT_FOUND', 'RATE_LIMITED', 'BUSY', 'CANCELLED'],
    example: replicas.kept,
  },
  'DELETE /api/v1/replicas/{cid}': {
    id: 'unpush',
    again: '404 NOT_FOUND.',
    codes: ['INVALID_CID', 'NOT_FOUND', 'CANCELLED'],
    example: replicas.unpushed,
  },
  'GET /api/v1/kept': { id: 'listKept', example: replicas.all },
  'PUT /api/v1/pins/{cid}': {
    id: 'pin',
    again: 'the same answer.',
    codes: [
      'INVALID_CID',
      'NOT_FOUND',
      'NO_PROVIDERS',
      'CONFLICT',
      'NO_SPACE',
      'BUSY',
      'TIMED_OUT',
      'CANCELLED',
      'IO',
    ],
    example: replicas.pinned,
  },
  'DELETE /api/v1/pins/{cid}': {
    id: 'unpin',
    again: '404 NOT_FOUND.',
    codes: ['INVALID_CID', 'NOT_FOUND', 'IO'],
  },

  'PUT /api/v1/kv/{key}': {
    id: 'putValue',
    again: 'the same value in a newer version.',
    codes: ['CONFLICT', 'TOO_LARGE', 'NO_SPACE', ...VALUE_CODES],
    example: node.put,
  },
  'GET /api/v1/kv/{key}': {
    id: 'getValue',
    codes: ['NOT_FOUND', 'CONFLICT', ...VALUE_CODES],
    example: node.value,
  },

  'GET /ipfs/{cid}': { id: 'getContent', codes: CONTENT_CODES },
  'GET /ipfs/{cid}/{path}': { id: 'getContentAtPath', codes: CONTENT_CODES },

  'GET /api/v1/uploads': { id: 'listUploads', example: node.uploads },
  'POST /api/v1/uploads/{peerId}/pause': {
    id: 'pauseUpload',
    again: 'the same answer.',
    codes: ['NOT_FOUND', 'CONFLICT'],
    example: node.paused,
  },
  'POST /api/v1/uploads/{peerId}/resume': {
    id: 'resumeUpload',
    again: 'the same answer.',
    codes: ['NOT_FOUND'],
    example: node.served,
  },
  'POST /api/v1/uploads/{peerId}/cancel': {
    id: 'cancelUpload',
    again: 'the 10 minutes begin anew.',
    codes: ['NOT_FOUND', 'CONFLICT'],
    example: node.refused,
  },
  'GET /api/v1/peers': { id: 'listPeers', example: node.peers },

  'GET /api/v1/stats': { id: 'getStats', example: node.stats },
  'GET /api/v1/stats/searches': { id: 'listSearches', example: node.searches },
  'GET /api/v1/stats/queries': { id: 'listQueries', example: node.queries },

  'GET /api/v1/config': { id: 'getConfig', example: node.config },
  'PATCH /api/v1/config': {
    id: 'setConfig',
    again: 'the same answer, unless If-Match names what was there before.',
    codes: ['INVALID_CONFIG', 'CONFLICT', 'NO_SPACE', 'IO'],
    example: node.configChanged,
  },

  'GET /api/v1/doctor': { id: 'getDoctor', example: node.doctor },
  'GET /api/v1/debug': { id: 'getDebug', example: node.debug },
  'GET /healthz': { id: 'getHealth', example: node.health },
  'GET /readyz': { id: 'getReadiness', codes: ['UNAVAILABLE'], example: node.ready },
  'GET /metrics': { id: 'getMetrics', example: node.metrics },
}

/** What the guard, unforeseen faults and a node that stops may answer to any of them. */
export const NODE_ALWAYS = ['INVALID_ARGUMENT', 'PERMISSION_DENIED', 'INTERNAL', 'UNAVAILABLE'] as const
