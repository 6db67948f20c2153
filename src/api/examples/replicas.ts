import { CID, PEER } from '../schemas/forms.ts'
import { NOON_MS, OTHER_PEER } from './things.ts'

const DAY_MS = 86_400_000

const order = {
  ...{ cid: CID, name: 'manual.pdf', kind: 'file', sizeBytes: 20_971_520 },
  ...{ owner: OTHER_PEER, ownerName: 'ben', role: 'owner', wanted: 1 },
  ...{ createdMs: NOON_MS, expiresMs: NOON_MS + 30 * DAY_MS },
}

const ada = { peerId: PEER, name: 'ada', zone: '', lastSeenMs: NOON_MS + 60_000 }
const leaseExpiresMs = NOON_MS + 7 * DAY_MS

const held = {
  cid: CID,
  name: 'manual.pdf',
  sizeBytes: 20_971_520,
  path: '/home/ada/.local/share/shoal/kept/manual.pdf',
}
const leased = { ...held, owner: OTHER_PEER, ownerName: 'ben', state: 'kept', pinned: false, leaseExpiresMs }

export const REPLICA_EXAMPLES = {
  placing: {
    ...{ ...order, state: 'placing', live: 0 },
    holders: [{ ...ada, state: 'fetching', doneBytes: 5_242_880 }],
  },
  kept: {
    ...{ ...order, state: 'kept', live: 1 },
    holders: [{ ...ada, state: 'kept', leaseExpiresMs, provedMs: NOON_MS + 60_000 }],
  },
  unpushed: { cid: CID, told: 2, untold: 1 },
  pinned: { ...held, state: 'kept', pinned: true },
  all: {
    ...{ keepsFor: 'trusted', files: 1, sizeBytes: 20_971_520, maxFiles: 1000, maxBytes: 10_737_418_240 },
    replicas: [leased],
  },
}
