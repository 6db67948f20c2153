import { ShoalError } from '../../base/errors.ts'
import type {
  KeptReplicaView,
  KeptView,
  PushOptions,
  PushTarget,
  ReplicationPort,
  ReplicaView,
} from '../views/replica-view.ts'

const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
const OWN = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
const OTHER = '12D3KooWLsZGDzHkvcgyTFZDQ6NcLFHVZDBjCnvh6kXG9gZjBDYD'
const NOW = 1_700_000_000_000

export const replicaViewOf = (cid: string, more: Partial<ReplicaView> = {}): ReplicaView => ({
  ...{ cid, name: 'holiday photos.zip', kind: 'file', sizeBytes: 10 },
  ...{ owner: OWN, ownerName: 'fake', role: 'owner', state: 'placing', wanted: 3, live: 1 },
  ...{ createdMs: NOW, expiresMs: NOW + 30 * 86_400_000.5 },
  holders: [
    {
      ...{ peerId: OTHER, name: 'ada\u202e', state: 'kept', zone: '', leaseExpiresMs: NOW + 86_400_000 },
      ...{ provedMs: NOW + 1000.5, lastSeenMs: NOW + 2000 },
    },
    { peerId: 'peerTwo', name: '', state: 'fetching', doneBytes: 5 },
  ],
  ...more,
})

export const keptReplicaOf = (cid: string, more: Partial<KeptReplicaView> = {}): KeptReplicaView => ({
  ...{ cid, name: 'b.txt', sizeBytes: 5, owner: OTHER, ownerName: 'ada\u202e', state: 'kept' },
  ...{ pinned: false, path: '/tmp/kept/b.txt', leaseExpiresMs: NOW + 86_400_000 },
  ...more,
})

/** Copies in memory; `ask` notes what is to be changed. {@link CID} is ordered here, and kept for somebody too. */
export class FakeReplication implements ReplicationPort {
  readonly orders = new Map([[CID, replicaViewOf(CID)]])
  readonly copies = new Map([[CID, keptReplicaOf(CID)]])
  /** Successive states of a watched order. */
  watched: Partial<ReplicaView>[] = [{}, { state: 'kept', live: 3 }]
  readonly #ask: (...what: unknown[]) => void

  constructor(ask: (...what: unknown[]) => void) {
    this.#ask = ask
  }

  async push(target: PushTarget, { signal: _, ...options }: PushOptions) {
    this.#ask('push', target, options)
    if ('path' in target && target.path === '/missing')
      throw new ShoalError('NOT_FOUND', 'There is no /missing.')
    const cid = 'cid' in target ? target.cid : CID
    const there = this.orders.get(cid)
    const view = replicaViewOf(cid, { wanted: options.replicas, ...(!there && { live: 0, holders: [] }) })
    this.orders.set(cid, view)
    return { view, created: there === undefined }
  }

  async *watch(cid: string): AsyncGenerator<ReplicaView> {
    const view = this.#order(cid)
    for (const more of this.watched) yield { ...view, ...more }
  }

  async unpush(cid: string) {
    this.#ask('unpush', cid)
    this.#order(cid)
    this.orders.delete(cid)
    return { cid, told: 1, untold: 1 }
  }

  list(): ReplicaView[] {
    const others = [...this.copies.values()]
      .filter(({ owner }) => owner !== undefined)
      .map(({ cid }) => replicaViewOf(cid, { owner: OTHER, ownerName: 'ada', role: 'holder', state: 'kept' }))
    return [...this.orders.values(), ...others]
  }

  get(cid: string): ReplicaView[] {
    return this.list().filter((view) => view.cid === cid)
  }

  async prove(cid: string): Promise<ReplicaView> {
    this.#ask('prove', cid)
    return this.#order(cid)
  }

  kept(): KeptView {
    const bounds = { keepsFor: 'trusted', maxFiles: 1000, maxBytes: 2 ** 40 } as const
    return { ...bounds, files: 1, sizeBytes: 5, replicas: [...this.copies.values()] }
  }

  async pin(cid: string, { name }: { name?: string | undefined }): Promise<KeptReplicaView> {
    this.#ask('pin', cid, name)
    const there = this.copies.get(cid)
    const fresh = { cid, name: name ?? 'b.txt', sizeBytes: 0, state: 'fetching' } as const
    const view: KeptReplicaView = there ? { ...there, pinned: true } : { ...fresh, pinned: true }
    this.copies.set(cid, view)
    return view
  }

  async unpin(cid: string): Promise<void> {
    this.#ask('unpin', cid)
    const view = this.copies.get(cid)
    if (!view?.pinned) throw new ShoalError('NOT_FOUND', 'This is not pinned.')
    if (view.owner === undefined) this.copies.delete(cid)
    else this.copies.set(cid, { ...view, pinned: false })
  }

  #order(cid: string): ReplicaView {
    const view = this.orders.get(cid)
    if (!view) throw new ShoalError('NOT_FOUND', 'No copies of this are ordered here.')
    return view
  }
}
