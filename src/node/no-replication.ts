import type { KeptView, ReplicationPort } from '../api/views/replica-view.ts'
import { ShoalError } from '../base/errors.ts'

const NOTHING: KeptView = {
  ...{ keepsFor: 'nobody', files: 0, sizeBytes: 0, maxFiles: 0, maxBytes: 0 },
  replicas: [],
}

/** Of a node that neither has copies kept nor keeps any. */
export const NO_REPLICATION: ReplicationPort = {
  list: () => [],
  get: () => [],
  kept: () => NOTHING,
  push: async () => refuse(),
  watch: () => refuse(),
  unpush: async () => refuse(),
  prove: async () => refuse(),
  pin: async () => refuse(),
  unpin: async () => refuse(),
}

function refuse(): never {
  throw new ShoalError('NOT_IMPLEMENTED', 'This node keeps no copies for others, and has none kept.')
}
