import type { Logger } from '../../src/base/log.ts'
import type { Random } from '../../src/base/random.ts'
import { cidFromBytes } from '../../src/content/cid.ts'
import { PeerService } from '../../src/contract/gen/shoal/v1/peer_pb.ts'
import { ReplicaService } from '../../src/contract/gen/shoal/v1/replica_pb.ts'
import type { ReplicationOptions } from '../../src/replication/options.ts'
import type { CandidatePeer, KeepSettings, PeersPort, ReplicaPeer } from '../../src/replication/ports.ts'
import { Replication } from '../../src/replication/replication.ts'
import { openStateDatabase, type StateDatabase } from '../../src/storage/state-database.ts'
import { labSigner, labVerify } from '../identity.ts'
import { labLogger } from '../logger.ts'
import type { SimHost } from '../sim/host.ts'
import type { SimNetwork } from '../sim/network.ts'
import { Disk, DiskFiles, proofOf } from './disk.ts'

/** Whatever is asked for. */
const UNLIMITED: KeepSettings = {
  keepsFor: 'everybody',
  trusted: [],
  maxBytes: Number.MAX_SAFE_INTEGER,
  maxFiles: Number.MAX_SAFE_INTEGER,
  maxBytesPerPeer: Number.MAX_SAFE_INTEGER,
  maxFilesPerPeer: Number.MAX_SAFE_INTEGER,
}

export interface ReplicaNodeSetup {
  readonly peerId: string
  readonly name: string
  readonly network: SimNetwork
  readonly random: Random
  readonly log: Logger
  readonly options: Partial<ReplicationOptions>
  readonly bytesPerSecond: number
  readonly peers: (self: ReplicaNode) => Pick<PeersPort, 'candidates' | 'get'>
  readonly isSource: (peer: ReplicaPeer, cid: string) => boolean
}

/** One node: the real replication with its database, on a host of the simulated network. Its disk and its database outlive its process. */
export class ReplicaNode {
  readonly peerId: string
  readonly disk = new Disk()
  /** When it last came or went, ms of the steady clock. */
  changedMs = 0
  readonly #setup: ReplicaNodeSetup
  readonly #state: StateDatabase
  #host: SimHost
  #replication: Replication | undefined
  #facts: CandidatePeer
  #stopped: Promise<void> = Promise.resolve()

  constructor(setup: ReplicaNodeSetup) {
    const { peerId, network } = setup
    this.#setup = setup
    this.peerId = peerId
    this.#state = openStateDatabase(':memory:', { log: labLogger, clock: network.clock })
    this.#host = network.addHost({ peerId })
    this.#facts = this.#factsOf(this.#host)
  }

  get isUp(): boolean {
    return this.#replication !== undefined
  }

  /** How others know it: as it is, or as it last was. */
  get facts(): CandidatePeer {
    return this.#facts
  }

  /** @throws when it is not up */
  get replication(): Replication {
    if (!this.#replication) throw new Error(`${this.#setup.name} is not up.`)
    return this.#replication
  }

  /** Comes, or comes back with all that it had, at another address. */
  async start(): Promise<void> {
    const { network, peerId } = this.#setup
    await this.#stopped
    if (this.#replication) return
    if (!this.#host.isAlive) this.#host = network.addHost({ peerId })
    this.#facts = this.#factsOf(this.#host)
    this.changedMs = network.clock.monotonic()
    const replication = this.#open()
    this.#host.serve(ReplicaService, replication.handlers)
    this.#host.serve(PeerService, { getBlocks: (requests) => this.#prove(requests) })
    this.#replication = replication
    replication.start()
  }

  /** Goes without a word, as a process that is killed or, with `silent`, a machine. */
  async kill({ silent = false }: { silent?: boolean } = {}): Promise<void> {
    const replication = this.#replication
    if (!replication) return
    this.#replication = undefined
    this.changedMs = this.#setup.network.clock.monotonic()
    this.#host.kill({ silent })
    this.#stopped = replication.stop()
    await this.#stopped
  }

  /** Ends with its world. */
  async end(): Promise<void> {
    await this.kill({ silent: true })
    this.#state.close()
  }

  #open(): Replication {
    const { peerId, name, random, options, bytesPerSecond, isSource, log } = this.#setup
    const { clock, links, address } = this.#host
    return new Replication({
      ...{ name, clock, links, random, log, options },
      signer: labSigner(peerId),
      verify: labVerify,
      store: this.#state.replicas,
      peers: { ...this.#setup.peers(this), ownAddresses: () => [address] },
      files: new DiskFiles({ disk: this.disk, clock, bytesPerSecond, isSource }),
      settings: () => UNLIMITED,
      isPrivate: false,
    })
  }

  async *#prove(requests: AsyncIterable<{ request: { case?: string | undefined; value?: unknown } }>) {
    for await (const { request } of requests) {
      if (request.case !== 'open') continue
      const { cid } = request.value as { cid: Uint8Array }
      const data = proofOf(this.disk, cidFromBytes(cid))
      if (data) yield { response: { case: 'block' as const, value: { index: 0, offset: 0, data } } }
      else yield { response: { case: 'refused' as const, value: { code: 'NOT_FOUND', message: '' } } }
    }
  }

  #factsOf({ address }: SimHost): CandidatePeer {
    const { peerId, name } = this.#setup
    return { peerId, name, addresses: [address], zone: '', subnet: '' }
  }
}
