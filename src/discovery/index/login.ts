import type { IndexService } from '../../contract/gen/shoal/v1/index_pb.ts'
import { isMultiaddr } from '../../link/address.ts'
import type { CallOptions, Client } from '../../link/rpc.ts'
import type { SessionTerms } from './session-state.ts'

/** What a node tells an index server of itself. */
export interface SelfInfo {
  readonly peerId: string
  /** For people, at most 64 characters. */
  readonly name: string
  /** Addresses of its gRPC server as HOST:PORT, best first; the first 16 are told. */
  readonly addresses: readonly string[]
  /** Version of Shoal. */
  readonly version: string
  /** Port of its gRPC server; 0 when not known. */
  readonly grpcPort: number
}

/** Bounds for what a server may ask for, ms: no busy loop, and no silence that outlasts a lease. */
const MIN_HEARTBEAT_MS = 100
const MAX_HEARTBEAT_MS = 60_000
const DEFAULT_HEARTBEAT_MS = 5_000
const MAX_NAME_CHARACTERS = 64
const MAX_ADDRESSES = 16
const MAX_REVISION_BYTES = 64

export interface LoggedIn {
  readonly terms: SessionTerms
  /** What the server holds; empty when nothing that is complete. */
  readonly revision: string
  /** Of its libp2p host. */
  readonly multiaddrs: readonly string[]
}

/** Starts or renews the session. Throws what the call throws. */
export async function logIn(
  client: Pick<Client<typeof IndexService>, 'login'>,
  { name, addresses, version, grpcPort }: SelfInfo,
  options: CallOptions,
): Promise<LoggedIn> {
  const request = {
    name: [...name].slice(0, MAX_NAME_CHARACTERS).join(''),
    addresses: addresses.slice(0, MAX_ADDRESSES),
    version,
    grpcPort,
  }
  const { heartbeatIntervalMs, leaseMs, revision, observedHost, multiaddrs } = await client.login(
    request,
    options,
  )
  return {
    terms: { heartbeatIntervalMs: heartbeatOf(heartbeatIntervalMs, leaseMs), leaseMs, observedHost },
    // A revision that is too long is none of ours.
    revision: Buffer.byteLength(revision) <= MAX_REVISION_BYTES ? revision : '',
    multiaddrs: multiaddrs.slice(0, MAX_ADDRESSES).filter(isMultiaddr),
  }
}

/** The interval that a server asks for, kept within reason and below half its lease. Ms, 0 = not said. */
export function heartbeatOf(heartbeatIntervalMs: number, leaseMs: number): number {
  const asked = heartbeatIntervalMs || DEFAULT_HEARTBEAT_MS
  const halfLease = leaseMs > 0 ? Math.floor(leaseMs / 2) : MAX_HEARTBEAT_MS
  return Math.max(MIN_HEARTBEAT_MS, Math.min(asked, halfLease, MAX_HEARTBEAT_MS))
}
