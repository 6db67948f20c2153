import {
  type KeptReplicaView,
  type KeptView,
  type PushOptions,
  type PushTarget,
  REPLICA_BOUNDS,
  type ReplicationPort,
  type ReplicaView,
  type UnpushView,
} from '../../api/views/replica-view.ts'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { parseCid } from '../../content/cid.ts'
import type { SharedEntry } from '../../content/entry.ts'
import type { Library } from '../../library/library.ts'
import type { KeepSettings } from '../../replication/ports.ts'
import type { Replication } from '../../replication/replication.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { KeptRow } from '../../storage/replica-store.ts'
import { latest } from '../../transfer/latest.ts'
import { safeName } from '../../transfer/safe-name.ts'
import type { Discovery } from '../discovery.ts'
import { describe } from '../targets.ts'

export interface ReplicaPortSetup {
  readonly replication: Replication
  readonly catalogue: Catalogue
  readonly library: Pick<Library, 'addNow'>
  readonly discovery: Pick<Discovery, 'locators' | 'peers'>
  readonly firstOfZone: (name: string) => string | undefined
  readonly settings: () => KeepSettings
  readonly clock: Clock
}

const DAY_MS = 24 * 3_600_000
const DEFAULT_DAYS = 30
const PINNED = ''

/** Replication as the API wants it. */
export class NodeReplication implements ReplicationPort {
  readonly #setup: ReplicaPortSetup

  constructor(setup: ReplicaPortSetup) {
    this.#setup = setup
  }

  async push(target: PushTarget, options: PushOptions): Promise<{ view: ReplicaView; created: boolean }> {
    const { replication, clock, firstOfZone } = this.#setup
    const { replicas, peers = [], days = DEFAULT_DAYS, zoneFirst = false } = options
    const { cid, name, kind, sizeBytes } = await this.#entryOf(target, options.signal)
    this.#checkRoom(cid)
    const first = zoneFirst ? firstOfZone(name) : undefined
    const preferred = [...peers, ...(first === undefined ? [] : [first])]
    const expiresMs = clock.now() + days * DAY_MS
    return replication.push({ cid, name, kind, sizeBytes }, { replicas, expiresMs, preferred })
  }

  async *watch(cid: string, signal: AbortSignal): AsyncGenerator<ReplicaView> {
    const { replication } = this.#setup
    const now = () => replication.get(cid)[0]
    const changes = latest<void>((give) =>
      replication.changes.on((view) => {
        if (view.cid === cid) give()
      }),
    )
    try {
      if (!now()) throw noOrder(cid)
      for (let view = now(); view; view = now()) {
        yield view
        if (view.state !== 'placing') return
        await changes.next(signal)
      }
    } finally {
      changes.close()
    }
  }

  async unpush(cid: string, signal: AbortSignal): Promise<UnpushView> {
    return { cid, ...(await this.#setup.replication.unpush(cid, signal)) }
  }

  list(): ReplicaView[] {
    return this.#setup.replication.list()
  }

  get(cid: string): ReplicaView[] {
    return this.#setup.replication.get(cid)
  }

  prove(cid: string, signal: AbortSignal): Promise<ReplicaView> {
    return this.#setup.replication.prove(cid, signal)
  }

  kept(): KeptView {
    const { replication, settings } = this.#setup
    const { total, rows } = replication.kept()
    const { keepsFor, maxFiles, maxBytes } = settings()
    const isKeptForSomebody = new Set(rows.filter(({ owner }) => owner !== PINNED).map(({ cid }) => cid))
    // What is pinned besides being kept for somebody is one row.
    const shown = rows.filter(({ owner, cid }) => owner !== PINNED || !isKeptForSomebody.has(cid))
    return {
      ...{ keepsFor, files: total.files, sizeBytes: total.bytes, maxFiles, maxBytes },
      replicas: shown.map((row) => this.#keptView(row)),
    }
  }

  async pin(
    target: string,
    { name, signal }: { readonly name?: string | undefined; readonly signal: AbortSignal },
  ): Promise<KeptReplicaView> {
    const { replication, catalogue, discovery } = this.#setup
    const cid = parseCid(target)
    const entry = catalogue.find(cid)?.entry ?? (await describe(cid, discovery.locators, signal)).entry
    signal.throwIfAborted()
    const wanted = safeName(name ?? entry?.name ?? cid)
    return this.#keptView(replication.pin({ cid, name: wanted, sizeBytes: entry?.sizeBytes ?? 0 }))
  }

  async unpin(cid: string): Promise<void> {
    this.#setup.replication.unpin(parseCid(cid))
  }

  #checkRoom(cid: string): void {
    const { replication } = this.#setup
    const isThere = replication.get(cid).some(({ role, state }) => role === 'owner' && state !== 'ended')
    if (isThere || replication.counts().ordered < REPLICA_BOUNDS.maxOrders) return
    throw new ShoalError(
      'CONFLICT',
      `There are ${REPLICA_BOUNDS.maxOrders} orders of copies, and that is the most. End one with: shoal unpush`,
    )
  }

  async #entryOf(target: PushTarget, signal: AbortSignal): Promise<SharedEntry> {
    const { catalogue, library } = this.#setup
    if ('path' in target) {
      const entries = await library.addNow(target.path, { signal })
      // Of a folder the folder comes last.
      const last = entries.at(-1)
      if (!last) throw new ShoalError('NOT_FOUND', `${target.path} has nothing in it that could be shared.`)
      return last
    }
    const found = catalogue.find(parseCid(target.cid))
    if (found) return found.entry
    throw new ShoalError('NOT_FOUND', `${target.cid} is not shared here. Share it first with: shoal add PATH`)
  }

  #keptView(row: KeptRow & { leaseExpiresMs?: number | undefined }): KeptReplicaView {
    const { replication, discovery, catalogue } = this.#setup
    const { cid, name, sizeBytes, owner, state, leaseExpiresMs } = row
    const path = state === 'fetching' ? undefined : (row.path ?? catalogue.find(cid)?.absPath)
    const isOrdered = owner !== PINNED
    return {
      ...{ cid, name, sizeBytes, state, pinned: replication.isPinned(cid) },
      ...(isOrdered && { owner, ownerName: discovery.peers.get(owner)?.name ?? '' }),
      ...(path !== undefined && { path }),
      ...(leaseExpiresMs !== undefined && { leaseExpiresMs }),
    }
  }
}

const noOrder = (cid: string) =>
  new ShoalError('NOT_FOUND', `No copies of ${cid} are ordered here. Order some with: shoal push ${cid}`)
