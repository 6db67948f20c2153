import type { Random } from '../src/base/random.ts'
import type { Locator } from '../src/discovery/locator.ts'
import type { Membership } from '../src/discovery/membership/membership.ts'
import type { LabLibrary } from './library.ts'
import type { LabClock } from './sim/clock.ts'
import type { SimHost } from './sim/host.ts'
import type { SimNetwork } from './sim/network.ts'
import type { ContenderName, WorldSpec } from './spec.ts'

/** Where a node of the laboratory is built. */
export interface NodeSite {
  readonly index: number
  readonly peerId: string
  readonly name: string
  readonly host: SimHost
  readonly library: LabLibrary
  readonly random: Random
  /** Addresses through which it gets into the network; none for the first node. */
  readonly seeds: () => readonly { peerId?: string; addresses: readonly string[] }[]
}

/** The discovery of one node. */
export interface NodeParts {
  readonly locator: Locator
  /** Of contenders without a server. */
  readonly membership?: Membership
  start(): void
  /** Leaves with a goodbye. */
  stop(): Promise<void>
  /** Ends all timers, as the end of the process does; nothing reaches anybody any more. */
  drop(): void
  /** Copies of queries that it worked on though it had seen them. */
  duplicates(): number
}

export interface ContenderSetup {
  readonly spec: WorldSpec
  readonly clock: LabClock
  readonly network: SimNetwork
  readonly random: Random
}

/** One way of finding things, ready to equip nodes. */
export interface Contender {
  readonly name: ContenderName
  /** Kinds of messages, as the network counts them, that belong to searches. */
  readonly searchKinds: readonly string[]
  /** Hosts beside those of the nodes. */
  readonly servers: readonly SimHost[]
  /** PeerIds of nodes that need a real key; they are made up otherwise. */
  peerId?(index: number): string
  equip(site: NodeSite): NodeParts
  /** Makes all nodes know each other as after a long time; before they start. */
  warm?(nodes: readonly NodeParts[]): void
  /** Lets all know of what the nodes have as after a long time; after {@link Contender.warm}, before they start. */
  settle?(nodes: readonly NodeParts[]): void
  close(): Promise<void>
}
