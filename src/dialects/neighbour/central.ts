import { every, type Timer } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { shuffled } from '../../base/random.ts'
import type { DialectAddress, DialectContext } from '../dialect.ts'
import { Background } from '../rest/background.ts'
import { tryCall } from '../rest/call.ts'
import { callable, urlOf } from '../rest/values.ts'
import { type Holder, Names, type Peer, Registry } from './registry.ts'

export const DEFAULT_NEIGHBOUR_OPTIONS = {
  /** Between looks at whether the peers still answer, ms. */
  probeMs: 30_000,
  /** After so many looks in a row without an answer a peer is taken out: some log in before their server listens. */
  maxFailures: 3,
  callTimeoutMs: 3_000,
  /** Peers that are asked to save a name before this node does. */
  maxTries: 3,
  maxPeers: 128,
  /** Names that are held; the oldest that this node holds make room. */
  maxNames: 1000,
  /** Names of shared files in a list. */
  maxShared: 1000,
}

export type NeighbourOptions = Readonly<typeof DEFAULT_NEIGHBOUR_OPTIONS>

const DIALECT = 'neighbour'

/** The central server: who is there, and who holds which name. Names of this node's own files are held by this node. */
export class Central {
  readonly #context: DialectContext
  readonly #options: NeighbourOptions
  readonly #peers: Registry
  readonly #names = new Names()
  readonly #work: Background
  #url = ''
  #timer: Timer | undefined

  constructor(context: DialectContext, options: NeighbourOptions) {
    this.#context = context
    this.#options = options
    this.#peers = new Registry(options.maxPeers)
    this.#work = new Background(1, (error) =>
      context.log.warn({ err: error }, 'neighbour: a look at the peers failed'),
    )
  }

  start(where: DialectAddress): void {
    this.#url = urlOf(where)
    const probe = () => void this.#work.run(() => this.#probe())
    this.#timer = every(this.#context.clock, this.#options.probeMs, probe)
  }

  async stop(): Promise<void> {
    this.#timer?.cancel()
    await this.#work.stop()
  }

  view() {
    const peers = this.#peers
      .all()
      .map((peer) => ({ id: peer.id, url: urlOf(peer), neighbour: this.neighbourOf(peer) }))
    return { url: this.#url, peers, names: this.#names.list().length }
  }

  /** @throws ShoalError NOT_FOUND, INVALID_ARGUMENT */
  peer(id: unknown): Peer {
    const number = typeof id === 'string' && /^\d{1,15}$/.test(id) ? Number(id) : id
    if (typeof number !== 'number')
      throw new ShoalError('INVALID_ARGUMENT', 'Send the id that the login gave.')
    return found(this.#peers.get(number), 'No peer has this id. Log in first.')
  }

  /**
   * One that was there before comes as a new one. It is not called: its server may not listen yet.
   * @throws ShoalError PERMISSION_DENIED, BUSY
   */
  login(host: string, port: number): Peer {
    if (!this.#context.calls.mayCall(callable(host)))
      throw new ShoalError('PERMISSION_DENIED', 'Log in from the address that the peer has.')
    const before = this.#peers.all().find((peer) => urlOf(peer) === urlOf({ host, port }))
    if (before) this.leave(before)
    const peer = this.#peers.login(host, port)
    if (!peer) throw new ShoalError('BUSY')
    return peer
  }

  /** What only it held is held by this node from then on. With the last peer its network is over, and all names go. */
  leave({ id }: Peer): void {
    if (!this.#peers.logout(id)) return
    const { guests } = this.#context
    const orphans = this.#names.drop(id)
    guests.remove(DIALECT, String(id))
    if (this.#peers.all().length === 0) {
      this.#names.drop('here')
      guests.remove(DIALECT, 'here')
      return
    }
    for (const name of orphans) {
      try {
        this.hold(name, 'here')
      } catch (error) {
        this.#context.log.warn({ err: error }, 'neighbour: no room for a name whose holder left')
      }
    }
  }

  neighbourOf({ neighbour }: Peer): string | null {
    return neighbour === undefined ? null : urlOf(this.#peers.get(neighbour)!)
  }

  files(): string[] {
    const shared = this.#context.node.shared({ limit: this.#options.maxShared }).map(({ name }) => name)
    return [...new Set([...shared, ...this.#names.list()])]
  }

  /** Another peer saves the name, or this node when none does. @throws ShoalError NO_SPACE */
  async upload({ id }: Peer, name: string): Promise<Holder> {
    const others = this.#peers.all().filter((peer) => peer.id !== id && urlOf(peer) !== this.#url)
    for (const peer of shuffled(this.#context.random, others).slice(0, this.#options.maxTries)) {
      const isSaved = (await this.#call(peer, '/saveFile', { fileName: name })) === 200
      // It may have left in the meantime.
      if (isSaved && this.#peers.get(peer.id)) return this.hold(name, peer.id)
    }
    return this.hold(name, 'here')
  }

  /** @throws ShoalError NO_SPACE */
  hold(name: string, holder: Holder): Holder {
    const { guests } = this.#context
    const names = this.#names.list()
    if (names.length >= this.#options.maxNames && !names.includes(name)) {
      const oldest = names.find((other) => this.#names.has(other, 'here'))
      if (oldest === undefined) throw new ShoalError('NO_SPACE', 'No more names are taken in.')
      this.#names.drop('here', [oldest])
      guests.remove(DIALECT, 'here', oldest)
    }
    const url = holder === 'here' ? this.#url : urlOf(this.#peers.get(holder)!)
    guests.add({ dialect: DIALECT, owner: String(holder), name, holder: url })
    this.#names.add(name, holder)
    return holder
  }

  /** Where the file is downloaded. @throws ShoalError NOT_FOUND */
  async ownerOf(name: string): Promise<string> {
    if (await this.isHere(name)) return this.#url
    const holder = found(this.#names.holderOf(name), 'Nobody has a file of this name.')
    return holder === 'here' ? this.#url : urlOf(this.#peers.get(holder)!)
  }

  /** Whether this node holds the name, or shares a file that has it. */
  async isHere(name: string): Promise<boolean> {
    if (this.#names.has(name, 'here')) return true
    for await (const file of this.#context.node.find({ name, here: true }, this.#work.signal))
      if (file.name === name) return true
    return false
  }

  /** Any answer is a sign of life: no file has an empty name, so nobody is disturbed by being asked for it. */
  async #probe(): Promise<void> {
    const peers = this.#peers.all().filter((peer) => urlOf(peer) !== this.#url)
    const answers = await Promise.all(
      peers.map((peer) => this.#call(peer, '/download', { selectedFile: '' })),
    )
    peers.forEach((peer, at) => {
      peer.failures = answers[at] === undefined ? peer.failures + 1 : 0
      if (peer.failures >= this.#options.maxFailures) this.leave(peer)
    })
  }

  /** The status; undefined without an answer. */
  async #call(peer: Peer, path: string, json: unknown): Promise<number | undefined> {
    const options = { json, signal: this.#work.signal, timeoutMs: this.#options.callTimeoutMs }
    return (await tryCall(this.#context, urlOf(peer) + path, options))?.status
  }
}

const found = <T>(value: T | undefined, problem: string): T => {
  if (value === undefined) throw new ShoalError('NOT_FOUND', problem)
  return value
}
