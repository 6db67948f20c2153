import { create } from '@bufbuild/protobuf'
import type { Clock } from '../../base/clock.ts'
import { type NeighbourMessage, NeighbourMessageSchema } from '../../contract/gen/shoal/v1/neighbour_pb.ts'
import type { PeerRecord } from './peer-record.ts'

interface Helper {
  readonly peerId: string
  send(message: NeighbourMessage): boolean
}

/** Sees whether a peer lives, itself and through others (SWIM, https://doi.org/10.1109/DSN.2002.1028914). */
export class Prober {
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #asked = new Map<number, (alive: boolean) => void>()
  #nextId = 1

  constructor(clock: Clock, timeoutMs: number) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  /** Whether any helper reached the target; each has two timeouts for it, one to call and one for the way. */
  async askOthers(target: PeerRecord, helpers: readonly Helper[]): Promise<boolean> {
    const answers = helpers.map((helper) => this.#ask(target, helper))
    const { promise, resolve } = Promise.withResolvers<boolean>()
    for (const answer of answers) void answer.then((alive) => alive && resolve(true))
    void Promise.all(answers).then(() => resolve(false))
    return promise
  }

  /** A helper's answer came. */
  onResult(id: number, alive: boolean): void {
    this.#asked.get(id)?.(alive)
  }

  #ask(target: PeerRecord, helper: Helper): Promise<boolean> {
    const id = this.#nextId++ >>> 0
    return new Promise((resolve) => {
      const done = (alive: boolean) => {
        timer.cancel()
        this.#asked.delete(id)
        resolve(alive)
      }
      const timer = this.#clock.schedule(() => done(false), 1.5 * this.#timeoutMs)
      this.#asked.set(id, done)
      const value = { id, target: target.signed }
      if (!helper.send(create(NeighbourMessageSchema, { message: { case: 'probe', value } }))) done(false)
    })
  }
}
