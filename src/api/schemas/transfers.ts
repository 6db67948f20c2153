import Type from 'typebox'
import { PRIORITIES } from '../events/download-changes.ts'
import { CID, count, cursor, entry, errorView, number, object, oneOf, PEER, text } from './forms.ts'

/** Schemas of what the API answers about downloads and uploads. */

export const Download = object(
  {
    id: text('Id on this node'),
    cid: text('CID', CID),
    name: text('Name', 'manual.pdf'),
    path: text('Where it is or will be', '/home/ada/Downloads/manual.pdf'),
    kind: entry.kind,
    state: oneOf(
      ['queued', 'resolving', 'running', 'paused', 'finishing', 'done', 'failed', 'cancelled'],
      'What it does; done, failed and cancelled are final',
    ),
    priority: oneOf(PRIORITIES, 'Which of the waiting ones start first'),
    sequential: Type.Boolean({ description: 'Blocks come from the beginning to the end' }),
    queuePosition: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Place in the queue while it is queued; 1 = next' }),
    ),
    sizeBytes: count('0 while not known'),
    doneBytes: count('Verified and written'),
    rateBytesPerSecond: number('Over the last seconds'),
    etaMs: Type.Optional(number('Left at this rate; missing while it cannot be told')),
    files: Type.Optional(object({ done: count('Complete'), total: count('In the folder') })),
    waitingFor: Type.Optional(
      oneOf(['providers', 'slots'], 'Running, and nobody serves: it looks for somebody, or stands in queues'),
    ),
    sources: Type.Record(Type.String(), count('Bytes'), {
      description: 'Verified bytes by PeerId; those of a mirror by mirror: and its URL',
    }),
    activeSources: Type.Array(
      object({
        peerId: text('PeerId; of a mirror, mirror: and its URL', PEER),
        name: text('Its name'),
        addr: text('HOST:PORT; of a mirror, its URL'),
        state: text('What it does'),
        position: Type.Optional(count('Place in its queue, 1 = next; missing when it does not wait')),
        rateBytesPerSecond: number('Over the last seconds'),
        road: oneOf(
          ['direct', 'relayed', 'tunnel', 'mirror'],
          'How it is reached, or will be tried first; mirror: an HTTP server',
        ),
        doneBytes: count('Verified bytes of it'),
      }),
    ),
    dropped: Type.Array(object({ peerId: text('PeerId', PEER), reason: text('Why') }), {
      description: 'Sources that are not asked any more',
    }),
    error: Type.Optional(errorView),
    createdMs: number('ms since the Unix epoch'),
    finishedMs: Type.Optional(number('ms since the Unix epoch')),
  },
  { title: 'Download', description: 'One download' },
)

export const DownloadList = object({ downloads: Type.Array(Download), cursor }, { title: 'DownloadList' })

const upload = object(
  {
    peerId: text('PeerId of who fetches', PEER),
    peerName: text('Name its owner gave it, empty when not known; proves nothing', 'ada'),
    cid: text('CID of the file', CID),
    name: text('Name of the file; empty when it is not shared any more', 'manual.pdf'),
    sizeBytes: Type.Optional(count('Of the file; missing when it is not shared any more')),
    bytes: count('Sent on this stream, of this file and those before it: may be more than sizeBytes'),
    road: oneOf(['direct', 'relayed', 'tunnel'], 'How it fetches'),
    rateBytesPerSecond: number('Over the last seconds'),
    position: Type.Optional(count('Place in the queue, 1 = next; missing while it sends')),
    etaMs: Type.Optional(number('Probable time until its turn; missing while it cannot be told')),
  },
  { title: 'Upload' },
)

export const pausedPeer = {
  peerId: text('PeerId of who fetches', PEER),
  name: text('Name its owner gave it, empty when not known; proves nothing', 'ada'),
  state: oneOf(['paused', 'refused'], 'Why it is not served'),
  untilMs: Type.Optional(number('End of the refusal, ms since the Unix epoch')),
}

export const Uploads = object(
  {
    slots: count('Uploads at once'),
    active: Type.Array(upload),
    queued: Type.Array(upload, { description: 'The next one first; those of paused peers last' }),
    paused: Type.Array(object(pausedPeer), {
      description: 'Peers that are not served because the owner said so; a restart forgets them',
    }),
  },
  { title: 'Uploads' },
)

const perCell = (description: string, minimum = 0) => Type.Array(Type.Integer({ minimum }), { description })

export const BlockMapSchema = object(
  {
    blocks: count('Blocks in all; files of a folder one after the other. 0 while not known'),
    blockSizeBytes: count('Bytes of a block; the last one of a file has less'),
    cells: count('Number of cells: as many as were wanted, or as there are blocks'),
    have: perCell('Percent of each cell that is verified and written; 100 when all is, 0 when nothing is'),
    inFlight: perCell('Blocks of each cell that are asked for now'),
    from: perCell('Who gave most of each cell, as an index of `sources`; -1 when that is not known', -1),
    flying: perCell('Who is asked for most of each cell, as an index of `sources`; -1 when nobody is', -1),
    sources: Type.Array(
      object({
        peerId: text('PeerId; of a mirror, mirror: and its URL', PEER),
        name: text('Name its owner gave it, empty when not known; proves nothing', 'ada'),
      }),
    ),
  },
  { title: 'BlockMap', description: 'The blocks of a download in cells of as equal a size as can be' },
)

export const UploadPeer = object(
  {
    ...pausedPeer,
    state: oneOf(['served', 'paused', 'refused'], 'Whether it is served'),
  },
  { title: 'UploadPeer' },
)

export const RemovedDownloads = object({ removed: count('Downloads that were taken off the list') })
