import type { Random } from '../src/base/random.ts'
import type { Contender, NodeParts } from './contender.ts'
import { LabLibrary } from './library.ts'
import type { SimHost } from './sim/host.ts'
import type { SimNetwork } from './sim/network.ts'
import type { LabFile } from './workload.ts'

export interface LabNodeSetup {
  readonly index: number
  readonly peerId: string
  readonly files: readonly LabFile[]
  readonly nat: boolean
  readonly random: Random
  readonly network: SimNetwork
  readonly contender: Contender
  readonly seeds: () => readonly { addresses: readonly string[] }[]
}

/** Peers that a node remembers when it ends; a real one keeps its address book. */
const REMEMBERED = 16

/** One node: a host, a library and the discovery code that is being looked at. */
export class LabNode {
  readonly index: number
  readonly peerId: string
  readonly files: readonly LabFile[]
  readonly #setup: LabNodeSetup
  #host: SimHost
  #library = new LabLibrary([])
  #parts: NodeParts
  #remembered: readonly { peerId?: string; addresses: readonly string[] }[] = []
  #isStarted = false
  #isSharing = false

  constructor(setup: LabNodeSetup) {
    this.#setup = setup
    this.index = setup.index
    this.peerId = setup.peerId
    this.files = setup.files
    this.#host = this.#addHost()
    this.#parts = this.#equip()
  }

  get host(): SimHost {
    return this.#host
  }

  get parts(): NodeParts {
    return this.#parts
  }

  /** Started and not gone. */
  get isAlive(): boolean {
    return this.#isStarted && this.#host.isAlive
  }

  start(): void {
    this.#isStarted = true
    this.#parts.start()
  }

  /** Before the start: has its files without saying so. */
  hold(): void {
    this.#isSharing = true
    this.#library.set(this.files)
  }

  /** Makes its files findable; goes on in the background. */
  share(): void {
    if (!this.isAlive) return
    this.#isSharing = true
    this.#library.set(this.files)
    this.#parts.locator.announce(this.#library.entries).catch(() => {})
  }

  /** Ends the process, or with `silent` the machine. */
  kill({ silent = false }: { silent?: boolean } = {}): void {
    if (!this.isAlive) return
    this.#remember()
    this.#host.kill({ silent })
    this.#parts.drop()
  }

  /** Ends with its world: nobody hears of it, and it will not come back. */
  end(): void {
    if (!this.isAlive) return
    this.#host.kill({ silent: true })
    this.#parts.drop()
  }

  /** Says goodbye and ends. */
  async leave(): Promise<void> {
    if (!this.isAlive) return
    const host = this.#host
    this.#remember()
    await this.#parts.stop()
    host.kill()
  }

  /** Comes back after its end with all that it had, at another address. */
  restart(): void {
    this.#host = this.#addHost()
    this.#library = new LabLibrary(this.#isSharing ? this.files : [])
    this.#parts = this.#equip()
    this.#parts.start()
  }

  #remember(): void {
    const peers = (this.#parts.membership?.list() ?? []).filter(({ state }) => state === 'alive')
    const known = [...peers.filter(({ isNeighbour }) => isNeighbour), ...peers].slice(0, REMEMBERED)
    this.#remembered = known.map(({ record: { peerId, addresses } }) => ({ peerId, addresses }))
  }

  #addHost(): SimHost {
    const { network, peerId, nat } = this.#setup
    return network.addHost({ peerId, nat })
  }

  #equip(): NodeParts {
    const { index, peerId, random, contender } = this.#setup
    const seeds = () => [...this.#remembered, ...this.#setup.seeds()]
    const name = `node ${index}`
    const [host, library] = [this.#host, this.#library]
    return contender.equip({ index, peerId, name, host, library, random, seeds })
  }
}
