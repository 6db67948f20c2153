import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { PeerAddress } from './peer.ts'
import { choosePlace, type Layout } from './zones.ts'

/** A client that has a place. */
export interface Member extends PeerAddress {
  readonly place: number
  /** Where it registered from, IP address. */
  readonly from: string
  /** When it registered; steady clock, ms. */
  readonly sinceMs: number
  /** Since when it cannot be reached; it keeps its place for a while, and others are not told of it. */
  readonly silentSinceMs?: number
}

export interface MembersContext {
  readonly layout: Layout
  readonly clock: Clock
  readonly random: Random
  readonly namesAt: (place: number) => number
  /** Whether it can ever be known that nobody is there any more. */
  readonly mayCall: (host: string) => boolean
}

/** Who has which place; as many as there are places. */
export class Members {
  readonly #byPlace = new Map<number, Member>()
  readonly #context: MembersContext

  constructor(context: MembersContext) {
    this.#context = context
  }

  all(): readonly Member[] {
    return [...this.#byPlace.values()]
  }

  at(place: number): Member | undefined {
    return this.#byPlace.get(place)
  }

  /**
   * Gives a place: to who had one at this address the same again; when all are taken the one of who is silent for longest, or else of who
   * registered first of those that nobody can ask.
   * @throws ShoalError NO_SPACE
   */
  register({ host, port }: PeerAddress, from: string): Member {
    const { layout, clock, random, namesAt } = this.#context
    const known = this.all().find((member) => member.host === host && member.port === port)
    const isTaken = (place: number) => this.#byPlace.has(place)
    const place = known?.place ?? choosePlace({ layout, isTaken, namesAt, random }) ?? this.#least()?.place
    if (place === undefined) throw new ShoalError('NO_SPACE', 'All places are taken. Try again later.')
    const member = { place, host, port, from, sinceMs: clock.monotonic() }
    this.#byPlace.set(place, member)
    return member
  }

  remove(place: number): void {
    this.#byPlace.delete(place)
  }

  /** Notes whether a member could be reached; nothing when it has left, or registered again, in the meantime. */
  heard(member: Member, isThere: boolean): void {
    const { place, host, port, from, sinceMs, silentSinceMs = this.#context.clock.monotonic() } = member
    if (this.#byPlace.get(place) !== member) return
    const known = { place, host, port, from, sinceMs }
    this.#byPlace.set(place, isThere ? known : { ...known, silentSinceMs })
  }

  /** Who can be spared first. */
  #least(): Member | undefined {
    const oldest = (members: Member[], age: (member: Member) => number) =>
      members.sort((a, b) => age(a) - age(b))[0]
    const silent = this.all().filter(({ silentSinceMs }) => silentSinceMs !== undefined)
    const unasked = this.all().filter(({ host }) => !this.#context.mayCall(host))
    return oldest(silent, ({ silentSinceMs }) => silentSinceMs!) ?? oldest(unasked, ({ sinceMs }) => sinceMs)
  }
}
