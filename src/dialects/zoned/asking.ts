import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Clock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { Limiter } from '../../base/limiter.ts'
import { withDeadline } from '../../base/signals.ts'
import { PeeringService } from '../../contract/gen/dialects/peering_pb.ts'
import { pathOf } from './handler.ts'
import type { Member, Members } from './members.ts'
import { callPeer, isListening } from './peer.ts'
import { type Layout, placeOf, placesOf, zoneOf } from './zones.ts'

/** Members that one name is asked of, and that are looked at at a time. */
const MAX_ASKED = 16
/** How long a member is waited for. */
const ASK_TIMEOUT_MS = 3_000
/** Who is silent for longer loses its place. */
const FORGET_MS = 300_000

export interface AskingSetup {
  readonly members: Members
  readonly layout: Layout
  readonly mayCall: (host: string) => boolean
  readonly clock: Clock
  /** Nobody is called sooner after it registered, ms. */
  readonly graceMs: number
  /** Longest answer, bytes. */
  readonly maxAnswerBytes: number
}

/** What this node says to members: where is a name, and are you there. */
export class Asking {
  readonly #setup: AskingSetup

  constructor(setup: AskingSetup) {
    this.#setup = setup
  }

  /** Asks those in the zone of a name for it. Undefined when none has it or can be asked. */
  async ask(name: string, signal: AbortSignal): Promise<{ member: Member; file: string } | undefined> {
    const { members, layout, clock, maxAnswerBytes } = this.#setup
    const { input, output } = PeeringService.method.sendFile
    const wanted = placeOf(name, layout)
    const zone = zoneOf(wanted, layout)
    const asked = [wanted, ...placesOf(zone, layout).filter((place) => place !== wanted)]
      .map((place) => members.at(place))
      .filter((member) => member !== undefined)
      .filter((member) => member.silentSinceMs === undefined && this.#mayAsk(member))
    using deadline = withDeadline(clock, ASK_TIMEOUT_MS, signal)
    const asks = asked.slice(0, MAX_ASKED).map(async (member) => {
      const answer = await callPeer(member, {
        path: pathOf(PeeringService.method.sendFile),
        request: toBinary(input, create(input, { fileName: name, properFile: member.place === wanted })),
        maxBytes: maxAnswerBytes,
        signal: deadline.signal,
      })
      const { status, file } = fromBinary(output, answer)
      if (status === 'failed') throw new ShoalError('NOT_FOUND')
      return { member, file }
    })
    const found = await Promise.any(asks).catch(() => undefined)
    deadline.abort()
    return found
  }

  /** Only addresses that have called, and that had time to listen. */
  #mayAsk({ host, sinceMs }: Member): boolean {
    const { mayCall, clock, graceMs } = this.#setup
    return clock.monotonic() - sinceMs >= graceMs && mayCall(host)
  }

  /** Sees who is there. The protocol has no word for it; that somebody listens has to do. */
  async probe(signal: AbortSignal): Promise<void> {
    const { members, clock } = this.#setup
    const limiter = new Limiter(MAX_ASKED)
    const probe = async (member: Member) => {
      using deadline = withDeadline(clock, ASK_TIMEOUT_MS, signal)
      const isThere = await isListening(member, deadline.signal)
      if (signal.aborted) return
      if (!isThere && clock.monotonic() - (member.silentSinceMs ?? clock.monotonic()) >= FORGET_MS)
        members.remove(member.place)
      else members.heard(member, isThere)
    }
    const asked = members.all().filter((member) => this.#mayAsk(member))
    await Promise.all(asked.map((member) => limiter.run(() => probe(member))))
  }
}
