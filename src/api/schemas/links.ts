import Type from 'typebox'
import { CID, count, entry, object, oneOf, PEER, text } from './forms.ts'

/** Schemas of what the API answers about links. */

const peers = (description: string) =>
  Type.Array(
    object({
      peerId: text('PeerId', PEER),
      addresses: Type.Array(text('HOST:PORT, or a multiaddr', '192.0.2.7:9081'), {
        description: 'Best first',
      }),
    }),
    { description },
  )

export const Link = object(
  {
    cid: entry.cid,
    name: text('File name', 'manual.pdf'),
    size: count('Bytes of the file, or of all files in the folder'),
    kind: entry.kind,
    shoal: text('Link for Shoal', `shoal:${CID}?name=manual.pdf&size=1048576&peer=${PEER}@192.0.2.7:9081`),
    http: text(
      'The same as the address of the content at a gateway',
      `https://example.org/ipfs/${CID}?filename=manual.pdf&size=1048576&peer=${PEER}@192.0.2.7:9081`,
    ),
    peers: peers('Who is known to have it, this node first; the links name as many as find room'),
  },
  { title: 'Link' },
)

export const OpenedLinkSchema = object(
  {
    cid: entry.cid,
    name: Type.Optional(text('Name in the link, else the one it is shared under', 'manual.pdf')),
    size: Type.Optional(count('Bytes: as it is shared here, else as the link says; missing while not known')),
    kind: Type.Optional(oneOf(['file', 'folder'], 'What it is; missing while not known')),
    peers: peers('Whom the link names, wrong ones left out'),
    shared: Type.Boolean({ description: 'It is in the library of this node' }),
    downloadId: Type.Optional(text('Id of the newest download of it')),
  },
  { title: 'OpenedLink' },
)
