import Type from 'typebox'
import { HOLDER_STATES, KEEPS_FOR, REPLICA_STATES } from '../views/replica-view.ts'
import { CID, count, cursor, number, object, oneOf, PEER, text } from './forms.ts'

/** Schemas of what the routes of `routes/replicas.ts` and `routes/kept.ts` answer. */

const holder = object(
  {
    peerId: text('PeerId of who keeps a copy', PEER),
    name: text('Name that it gave itself; proves nothing', 'ada'),
    state: oneOf(
      HOLDER_STATES,
      'fetching; kept; leaving: will drop it, and is being replaced; lost: gone, did not answer for too long, or could not prove it',
    ),
    zone: Type.Optional(text('Bits of the zone it is in, where that is known', '0110')),
    doneBytes: Type.Optional(count('What it has so far, while it fetches')),
    leaseExpiresMs: Type.Optional(number('Until when it has signed to keep it, ms since the Unix epoch')),
    provedMs: Type.Optional(
      number('When it last gave a random block that was right, ms since the Unix epoch'),
    ),
    lastSeenMs: Type.Optional(number('When it was last heard of, ms since the Unix epoch')),
  },
  { title: 'ReplicaHolder' },
)

export const Replica = object(
  {
    cid: text('CID in canonical form', CID),
    name: text('Name of the file or folder', 'manual.pdf'),
    kind: oneOf(['file', 'folder'], 'What it is'),
    sizeBytes: count('Bytes of the file, or of all files in the folder'),
    owner: text('PeerId of who ordered the copies', PEER),
    ownerName: text('Its name as far as known; proves nothing', 'ada'),
    role: oneOf(['owner', 'holder'], 'This node ordered it, or keeps a copy for somebody'),
    state: oneOf(
      REPLICA_STATES,
      'placing: asks, or waits for those who fetch; kept: as many live copies as wanted; short: fewer, and nobody more can be asked now; ended',
    ),
    reason: Type.Optional(text('Why it is short, for people')),
    wanted: count('Copies wanted'),
    live: count('Copies that are kept now'),
    createdMs: number('ms since the Unix epoch'),
    expiresMs: number('When the order ends, ms since the Unix epoch'),
    holders: Type.Array(holder),
  },
  { title: 'Replica', description: 'An order of copies, and who keeps them' },
)

export const ReplicaList = object({ replicas: Type.Array(Replica), cursor })
export const ReplicasOfCid = object({
  replicas: Type.Array(Replica, { description: 'That of this node first' }),
})

export const Unpushed = object(
  {
    cid: text('CID in canonical form', CID),
    told: count('Who kept a copy and was told to drop it'),
    untold: count('Who is told once it is back'),
  },
  { title: 'Unpushed' },
)

export const KeptReplica = object(
  {
    cid: text('CID in canonical form', CID),
    name: text('Name of the file or folder', 'manual.pdf'),
    sizeBytes: count('Bytes'),
    owner: Type.Optional(text('PeerId of who ordered it; missing for what is only pinned', PEER)),
    ownerName: Type.Optional(text('Its name as far as known; proves nothing', 'ada')),
    state: oneOf(['fetching', 'kept', 'leaving'], 'leaving: it will be dropped'),
    pinned: Type.Boolean({ description: 'It is held until it is unpinned, whatever becomes of its lease' }),
    path: Type.Optional(text('Where it is; missing while it is fetched')),
    leaseExpiresMs: Type.Optional(
      number('Until when this node keeps it for its owner, ms since the Unix epoch'),
    ),
  },
  { title: 'KeptReplica' },
)

export const Kept = object(
  {
    keepsFor: oneOf(
      KEEPS_FOR,
      'For whom this node keeps copies. trusted: members of its private network, and peers on its list',
    ),
    files: count('Copies under leases, those that are fetched too; what is only pinned does not count'),
    sizeBytes: count('Their bytes'),
    maxFiles: count('Most copies'),
    maxBytes: count('Most bytes'),
    replicas: Type.Array(KeptReplica),
  },
  { title: 'Kept', description: 'What this node keeps for others, and what is pinned' },
)
