import Type from 'typebox'
import { count, object, oneOf, PEER, pausedPeer, text } from './schemas.ts'

/** Schemas of what the routes of `routes/transfers.ts` answer. */

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
