import { CID, PEER, SHA256 } from '../schemas/forms.ts'

/** What the examples of the document are about: one small world, so that they fit together. */

export const OTHER_PEER = '12D3KooWLsZGDzHkvcgyTFZDQ6NcLFHVZDBjCnvh6kXG9gZjBDYD'
export const UUID = '0b5f1a58-3c52-4f0e-9d3b-3f8f5d0f6d11'

/** 2026-11-02 12:00 UTC, ms since the Unix epoch. */
export const NOON_MS = 1_793_620_800_000

export const MANUAL = {
  cid: CID,
  sha256: SHA256,
  name: 'manual.pdf',
  path: 'Documents/manual.pdf',
  size: 2_000_000,
  kind: 'file',
}

export const ADA = { peerId: PEER, name: 'ada', addresses: ['192.0.2.7:9081'] }

export const ERROR_LINE = { event: 'error', code: 'CANCELLED', message: 'Cancelled.' }
