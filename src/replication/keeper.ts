import type { Clock } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import type { KeptRow, ReplicaStore } from '../storage/replica-store.ts'
import { isWelcome, noRoom, unwelcome } from './consent.ts'
import type { ReplicationOptions } from './options.ts'
import type { FilesPort, KeepSettings, ReplicaPeer, Signer } from './ports.ts'
import { Quota, type Room } from './quota.ts'
import { isCurrent, type ReplicaLease, type ReplicaOrder, signLease } from './records.ts'
import {
  holderOf,
  isSuperfluous,
  leased,
  type ReplicaKey,
  type ReplicaSet,
  replicaKey,
} from './replica-set.ts'
import type { SetBook } from './set-book.ts'
import { chooseLeaving } from './shrink.ts'
import type { HolderStatus } from './status.ts'

export interface KeeperSetup {
  readonly store: ReplicaStore
  readonly book: SetBook
  readonly files: FilesPort
  readonly signer: Signer
  readonly settings: () => KeepSettings
  /** Everybody who can call is a member of a private network. */
  readonly isPrivate: boolean
  /** Who has a set's content, besides those that the set names. */
  readonly sourcesOf: (set: ReplicaSet) => readonly ReplicaPeer[]
  readonly clock: Clock
  readonly log: Logger
  readonly options: ReplicationOptions
}

/** The owner of what is kept on purpose. */
export const PINNED = ''
/** What has vanished from the library for this long is not kept any more, ms: a disk may be away for a moment, and a scan takes a while. */
const VANISHED_MS = 60_000
const RETRY_PIN_MS = 60_000

interface Copy {
  row: KeptRow
  readonly abort: AbortController
  leavingSinceMs?: number | undefined
  missingSinceMs?: number | undefined
  lease?: ReplicaLease | undefined
  /** A pin that could not be fetched is tried again then, ms of the steady clock. */
  retryAtMs?: number | undefined
}

/** What this node keeps for others, and on purpose. Room is reserved, and that noted on the disk, before the first byte comes. */
export class Keeper {
  /** The status of a replica here is another one. */
  readonly changes = new Emitter<ReplicaKey>()
  readonly #setup: KeeperSetup
  readonly #quota: Quota
  readonly #copies = new Map<ReplicaKey, Copy>()
  readonly #background = new Set<Promise<void>>()
  #isStopped = false

  constructor(setup: KeeperSetup) {
    this.#setup = setup
    this.#quota = new Quota(setup.settings)
    for (const row of setup.store.kept()) {
      this.#copies.set(replicaKey(row), { row, abort: new AbortController() })
      if (row.owner !== PINNED) this.#quota.add(row)
    }
  }

  /** Goes on fetching. Downloads and library run already. */
  start(): void {
    for (const [key, { row }] of [...this.#copies]) {
      if (row.owner !== PINNED && !this.#setup.book.get(key))
        this.#drop(key, 'its order is not known any more')
      else if (row.state === 'fetching') this.#fetchSoon(key)
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { abort } of this.#copies.values()) abort.abort(new ShoalError('CANCELLED'))
    await Promise.all(this.#background)
  }

  get total(): Room {
    return this.#quota.total
  }

  rows(): KeptRow[] {
    return [...this.#copies.values()].map(({ row }) => row)
  }

  status(key: ReplicaKey): HolderStatus {
    return this.#copies.get(key)?.row.state ?? 'none'
  }

  doneBytes(key: ReplicaKey): number {
    const row = this.#copies.get(key)?.row
    return row?.state === 'fetching' ? this.#setup.files.doneBytes(row.cid) : (row?.sizeBytes ?? 0)
  }

  isPinned(cid: string): boolean {
    return this.#copies.has(replicaKey({ owner: PINNED, cid }))
  }

  /** This node's lease for what it keeps: the one that the set has while less than half of it is over. */
  lease(key: ReplicaKey): ReplicaLease | undefined {
    const { book, signer, clock, options } = this.#setup
    const copy = this.#copies.get(key)
    const set = book.get(key)?.set
    if (!copy || !set || copy.row.state !== 'kept') return undefined
    const now = Math.trunc(clock.now())
    const isFresh = (lease: ReplicaLease | undefined) =>
      lease !== undefined &&
      (now < (lease.grantedMs + lease.expiresMs) / 2 || lease.expiresMs === set.order.expiresMs)
    const told = holderOf(set, signer.peerId)?.lease
    if (isFresh(told)) return told
    if (isFresh(copy.lease)) return copy.lease
    const expiresMs = Math.min(now + options.leaseMs, set.order.expiresMs)
    const { owner, cid, sizeBytes } = copy.row
    copy.lease = signLease(signer, { owner, cid, sizeBytes, grantedMs: now, expiresMs })
    return copy.lease
  }

  /** What an owner may have kept here, in all likelihood. @throws ShoalError PERMISSION_DENIED, NO_SPACE */
  async survey(order: ReplicaOrder): Promise<Room & { hasContent: boolean }> {
    const { files } = this.#setup
    this.#checkWelcome(order.owner)
    const hasContent = files.has(order.cid) !== undefined
    const disk = hasContent ? undefined : await files.freeBytes()
    const free = disk === undefined ? Number.MAX_SAFE_INTEGER : this.#freeOf(disk)
    const { bytes, files: left } = this.#quota.room(order.owner)
    const room = { bytes: Math.min(bytes, free), files: left, hasContent }
    if (room.files < 1 || room.bytes < order.sizeBytes) throw noRoom()
    return room
  }

  /**
   * Keeps a copy: reserves room and fetches it. Again for what is here or on its way, nothing is done.
   *
   * @throws ShoalError INVALID_ARGUMENT (an order that does not hold), PERMISSION_DENIED, NO_SPACE, BUSY, CONFLICT (it is being let go of)
   */
  async keep(set: ReplicaSet): Promise<HolderStatus> {
    const { book, files, clock, signer, log } = this.#setup
    const { order } = set
    const key = replicaKey(order)
    if (order.owner === signer.peerId || !isCurrent(order, clock.now()))
      throw new ShoalError('INVALID_ARGUMENT', 'This order for copies does not hold.')
    this.#checkWelcome(order.owner)
    const disk = files.has(order.cid) ? undefined : await files.freeBytes()
    // From here on nobody waits: what is free now is taken now.
    const there = this.#copies.get(key)
    if (there) {
      if (there.row.state === 'leaving')
        throw new ShoalError('CONFLICT', 'This peer is letting go of its copy.')
      return there.row.state
    }
    const { owner, cid, name, sizeBytes } = order
    if ((disk !== undefined && this.#freeOf(disk) < sizeBytes) || !this.#quota.take({ owner, sizeBytes }))
      throw noRoom()
    try {
      book.put(set)
      this.#write(key, {
        ...{ owner, cid, name, sizeBytes, state: 'fetching', path: undefined },
        sinceMs: clock.now(),
      })
    } catch (error) {
      this.#quota.release({ owner, sizeBytes })
      throw error
    }
    log.info({ cid, owner, sizeBytes }, 'keeps a copy for a peer')
    if (files.has(cid)) this.#kept(key, undefined)
    else this.#fetchSoon(key)
    return this.status(key)
  }

  /** Keeps something on purpose, whoever ordered it. */
  pin({ cid, name, sizeBytes }: { cid: string; name: string; sizeBytes: number }): KeptRow {
    const { files, clock } = this.#setup
    const key = replicaKey({ owner: PINNED, cid })
    const there = this.#copies.get(key)
    if (there) return there.row
    const row = { owner: PINNED, cid, name, sizeBytes, path: undefined, sinceMs: clock.now() }
    this.#write(key, { ...row, state: 'fetching' })
    const found = files.has(cid)
    if (found) this.#kept(key, undefined, found.sizeBytes)
    else this.#fetchSoon(key)
    return this.#copies.get(key)!.row
  }

  /** @throws ShoalError NOT_FOUND */
  unpin(cid: string): void {
    const key = replicaKey({ owner: PINNED, cid })
    if (!this.#copies.has(key)) throw new ShoalError('NOT_FOUND', `${cid} is not pinned.`)
    this.#drop(key, 'it was unpinned')
  }

  /** What is known of a set has changed: lets go of the copy when it is not needed any more. */
  review(key: ReplicaKey): void {
    const { book, signer, clock } = this.#setup
    const set = book.get(key)?.set
    if (!this.#copies.has(key) || !set) return
    if (isSuperfluous(set, signer.peerId, clock.now())) this.#drop(key, 'it is not needed any more')
  }

  /** Lets go of what is over, gone or too much. Now and then, and when settings change. */
  look(): void {
    this.#shrink()
    for (const [key, copy] of [...this.#copies]) {
      if (copy.row.owner !== PINNED) this.review(key)
      if (this.#copies.has(key)) this.#lookAt(key, copy)
    }
  }

  async settled(): Promise<void> {
    await Promise.all(this.#background)
  }

  #lookAt(key: ReplicaKey, copy: Copy): void {
    const { files, clock, options } = this.#setup
    const now = clock.monotonic()
    if (copy.row.state === 'leaving') {
      copy.leavingSinceMs ??= now
      if (now - copy.leavingSinceMs > options.drainMs) this.#drop(key, 'nobody has replaced it in time')
      return
    }
    if (copy.row.state === 'fetching' || files.has(copy.row.cid)) {
      copy.missingSinceMs = undefined
      if (copy.retryAtMs !== undefined && now >= copy.retryAtMs) {
        copy.retryAtMs = undefined
        this.#fetchSoon(key)
      }
      return
    }
    copy.missingSinceMs ??= now
    if (now - copy.missingSinceMs > VANISHED_MS) this.#drop(key, 'it is not there any more')
  }

  /** What may not stay is told, and goes when the others have replaced it. */
  #shrink(): void {
    const { book, settings, isPrivate, clock, signer } = this.#setup
    const now = settings()
    const some = [...this.#copies].filter(([, { row }]) => row.owner !== PINNED)
    const leaving = chooseLeaving(
      some.map(([key, { row }]) => {
        const set = book.get(key)?.set
        const others = set ? leased(set, clock.now()).filter(({ peerId }) => peerId !== signer.peerId) : []
        return {
          ...{ id: key, owner: row.owner, sizeBytes: row.sizeBytes, keptSinceMs: row.sinceMs },
          isUnwelcome: !isWelcome(row.owner, now, isPrivate),
          isPinned: this.isPinned(row.cid),
          otherCopies: others.length,
        }
      }),
      now,
    )
    for (const [key, copy] of some) {
      const { state } = copy.row
      if (leaving.has(key) && state === 'fetching') this.#drop(key, 'there is no room for it any more')
      else if (leaving.has(key) !== (state === 'leaving') && state !== 'fetching') {
        if (leaving.has(key)) copy.leavingSinceMs = clock.monotonic()
        this.#write(key, { ...copy.row, state: leaving.has(key) ? 'leaving' : 'kept' })
        this.changes.emit(key)
      }
    }
  }

  #fetchSoon(key: ReplicaKey): void {
    this.#later(this.#fetch(key))
  }

  async #fetch(key: ReplicaKey): Promise<void> {
    const { files, book, sourcesOf, clock, log } = this.#setup
    const copy = this.#copies.get(key)
    if (!copy) return
    const { cid, name, sizeBytes, owner } = copy.row
    const set = book.get(key)?.set
    try {
      const limit = owner === PINNED ? Number.MAX_SAFE_INTEGER : sizeBytes
      const fetched = { cid, name, sizeBytes: limit, peers: set ? sourcesOf(set) : [] }
      const { path } = await files.fetch(fetched, copy.abort.signal)
      if (this.#copies.get(key) !== copy) return
      this.#kept(key, path)
    } catch (error) {
      if (this.#isStopped || this.#copies.get(key) !== copy) return
      const { code, message } = toShoalError(error)
      log.warn({ cid, code, message }, 'a copy could not be fetched')
      // Nobody else looks for another place for it.
      if (owner === PINNED) copy.retryAtMs = clock.monotonic() + RETRY_PIN_MS
      else this.#drop(key, 'it could not be fetched')
    }
  }

  /** It is here. @param path where {@link FilesPort.fetch} put it; undefined when it was here before */
  #kept(key: ReplicaKey, path: string | undefined, sizeBytes?: number): void {
    const { row } = this.#copies.get(key)!
    const size = sizeBytes ?? (row.owner === PINNED ? this.#setup.files.has(row.cid)?.sizeBytes : undefined)
    this.#write(key, { ...row, state: 'kept', path, sizeBytes: size ?? row.sizeBytes })
    this.changes.emit(key)
  }

  #drop(key: ReplicaKey, why: string): void {
    const { store, log, book } = this.#setup
    const copy = this.#copies.get(key)
    if (!copy) return
    const { owner, cid, sizeBytes } = copy.row
    store.removeKept(owner, cid)
    this.#copies.delete(key)
    if (owner !== PINNED) this.#quota.release({ owner, sizeBytes })
    copy.abort.abort(new ShoalError('CANCELLED'))
    log.info({ cid, owner, why }, 'lets go of a copy')
    if (copy.row.state === 'fetching') this.#cancel(cid)
    else this.#leaveFile(copy.row)
    // Nobody but its owner has to remember an order for which nothing is kept here.
    if (owner !== PINNED) book.remove(key)
    this.changes.emit(key)
  }

  /** Unless it is fetched for somebody else, too. */
  #cancel(cid: string): void {
    const { files, log } = this.#setup
    if ([...this.#copies.values()].some(({ row }) => row.cid === cid && row.state === 'fetching')) return
    this.#later(files.cancel(cid).catch((error) => log.warn({ err: error, cid }, 'a fetch did not end')))
  }

  #later(work: Promise<void>): void {
    const task = work.finally(() => this.#background.delete(task))
    this.#background.add(task)
  }

  /** Deletes what was fetched, unless it is kept for somebody else: then that is what keeps it from now on. */
  #leaveFile({ cid, path }: KeptRow): void {
    if (path === undefined) return
    const heir = [...this.#copies].find(([, { row }]) => row.cid === cid)
    if (heir) {
      this.#write(heir[0], { ...heir[1].row, path })
      return
    }
    const { files, log } = this.#setup
    this.#later(
      files
        .remove(cid, path)
        .catch((error) => log.warn({ err: error, cid, path }, 'a copy could not be deleted')),
    )
  }

  #write(key: ReplicaKey, row: KeptRow): void {
    this.#setup.store.putKept(row)
    const copy = this.#copies.get(key)
    if (copy) copy.row = row
    else this.#copies.set(key, { row, abort: new AbortController() })
  }

  #checkWelcome(owner: string): void {
    const { settings, isPrivate } = this.#setup
    if (!isWelcome(owner, settings(), isPrivate)) throw unwelcome()
  }

  /** Of what is free on the disk that which is neither spared nor reserved. */
  #freeOf(diskBytes: number): number {
    const { files, options } = this.#setup
    let coming = 0
    for (const { row } of this.#copies.values())
      if (row.state === 'fetching') coming += Math.max(0, row.sizeBytes - files.doneBytes(row.cid))
    return Math.max(0, diskBytes - options.spareBytes - coming)
  }
}
