import { shuffled } from '../../base/random.ts'
import { type HttpPeer, HttpPeers } from '../common/http-peers.ts'
import { given, urlOf } from '../common/values.ts'
import type { DialectAddress, DialectContext } from '../dialect.ts'
import { type Holder, Names, type Seat, seat, unseat } from './registry.ts'

/** A peer is gone after three looks without an answer: some log in before their server listens. */
export const DEFAULT_NEIGHBOUR_OPTIONS = {
  ...{ probeMs: 30_000, forgetMs: 75_000, callTimeoutMs: 3_000, maxPeers: 128, maxWork: 1 },
  /** Peers that are asked to save a name before this node does; names that are held, and shared ones in a list. */
  ...{ maxTries: 3, maxNames: 1000, maxShared: 1000 },
}

export type NeighbourOptions = Readonly<typeof DEFAULT_NEIGHBOUR_OPTIONS>

type Peer = HttpPeer<Seat>
const DIALECT = 'neighbour'

/** The central server: who is there, and who holds which name. Names of this node's own files are held by this node. */
export class Central {
  readonly #context: DialectContext
  readonly #options: NeighbourOptions
  readonly peers: HttpPeers<Seat>
  readonly #names = new Names()
  #nextId = 0

  constructor(context: DialectContext, options: NeighbourOptions) {
    this.#context = context
    this.#options = options
    this.peers = new HttpPeers(context, options)
  }

  start(where: DialectAddress): void {
    this.peers.listen(where)
    this.peers.work.every(this.#context.clock, this.#options.probeMs, () => this.#probe())
  }

  view() {
    const peers = this.peers
      .all()
      .map((peer) => ({ id: peer.id, url: peer.url, neighbour: this.neighbourOf(peer) }))
    return { url: this.#urlOf('here'), peers, names: this.#names.list().length }
  }

  /** @throws ShoalError NOT_FOUND */
  peer(id: number): Peer {
    const peer = this.peers.all().find((each) => each.id === id)
    return given(peer, 'NOT_FOUND', 'No peer has this id. Log in first.')
  }

  /** One that was there before comes as a new one; nobody is called, since its server may not listen yet. @throws ShoalError PERMISSION_DENIED, BUSY */
  login(at: { readonly host: string; readonly port: number }): Peer {
    const url = urlOf(at)
    given(this.peers.mayCall(url) || undefined, 'PERMISSION_DENIED', 'Log in from where the peer is.')
    const before = this.peers.get(url)
    if (before) this.leave(before)
    const others = this.peers.all()
    const peer = given(this.peers.add(url, { id: this.#nextId++, neighbour: undefined }), 'BUSY')
    peer.neighbour = seat(others, peer.id).neighbour
    this.peers.heard(peer)
    return peer
  }

  /** What only it held is held by this node from then on. With the last peer its network is over, and all names go. */
  leave({ id, url }: Peer): void {
    const { guests, log } = this.#context
    this.peers.remove(url)
    unseat(this.peers.all(), id)
    const orphans = this.#names.drop(id)
    guests.remove(DIALECT, String(id))
    if (this.peers.all().length === 0) {
      this.#names.drop('here')
      guests.remove(DIALECT, 'here')
      return
    }
    for (const name of orphans)
      try {
        this.hold(name, 'here')
      } catch (error) {
        log.warn({ err: error }, 'neighbour: no room for a name whose holder left')
      }
  }

  neighbourOf({ neighbour }: Peer): string | null {
    return neighbour === undefined ? null : this.#urlOf(neighbour)
  }

  files(): string[] {
    const shared = this.#context.node.shared({ limit: this.#options.maxShared }).map(({ name }) => name)
    return [...new Set([...shared, ...this.#names.list()])]
  }

  /** Another peer saves the name, or this node when none does. @throws ShoalError NO_SPACE */
  async upload(uploader: Peer, name: string): Promise<Holder> {
    const others = this.peers.all().filter((peer) => peer !== uploader && !this.peers.isSelf(peer.url))
    for (const peer of shuffled(this.#context.random, others).slice(0, this.#options.maxTries)) {
      const answer = await this.peers.call(peer.url, '/saveFile', { fileName: name })
      // It may have left in the meantime.
      if (answer?.status === 200 && this.peers.get(peer.url) === peer) return this.hold(name, peer.id)
    }
    return this.hold(name, 'here')
  }

  /** @throws ShoalError NO_SPACE */
  hold(name: string, holder: Holder): Holder {
    const { guests } = this.#context
    const names = this.#names.list()
    if (names.length >= this.#options.maxNames && !names.includes(name)) {
      const mine = names.find((other) => this.#names.has(other, 'here'))
      const oldest = given(mine, 'NO_SPACE', 'No more names are taken in.')
      this.#names.drop('here', [oldest])
      guests.remove(DIALECT, 'here', oldest)
    }
    guests.add({ dialect: DIALECT, owner: String(holder), name, holder: this.#urlOf(holder) })
    this.#names.add(name, holder)
    return holder
  }

  /** Where the file is downloaded. @throws ShoalError NOT_FOUND */
  async ownerOf(name: string): Promise<string> {
    if (await this.isHere(name)) return this.#urlOf('here')
    return this.#urlOf(given(this.#names.holderOf(name), 'NOT_FOUND', 'Nobody has a file of this name.'))
  }

  /** Whether this node holds the name, or shares a file that has it. */
  async isHere(name: string): Promise<boolean> {
    if (this.#names.has(name, 'here')) return true
    const { node } = this.#context
    for await (const _ of node.find({ name, here: true }, this.peers.work.signal)) return true
    return false
  }

  #urlOf(holder: Holder): string {
    return holder === 'here' ? urlOf(this.peers.self) : this.peer(holder).url
  }

  /** Any answer is a sign of life: no file has an empty name, so nobody is disturbed by being asked for it. */
  async #probe(): Promise<void> {
    this.peers.heard(this.peers.get(this.#urlOf('here')))
    await this.peers.tell('/download', { selectedFile: '' })
    for (const peer of this.peers.takeGone()) this.leave(peer)
  }
}
