const MAX_NOTES = 512

/** What is known of a peer from dealing with it. */
export interface Note {
  /** Wall clock, ms; 0 = never. */
  lastSeenMs: number
  latencyMs: number | undefined
  /** It answered a call of this node, so it is not behind NAT. */
  canBeCalled: boolean
  /** Steady clock, ms. */
  avoidUntilMs: number
}

/** Notes on the peers that this node had to do with lately. */
export class Notes {
  readonly #notes = new Map<string, Note>()

  peek(peerId: string): Note | undefined {
    return this.#notes.get(peerId)
  }

  /** The note on a peer, a new one if there is none. */
  of(peerId: string): Note {
    let note = this.#notes.get(peerId)
    if (!note) {
      note = { lastSeenMs: 0, latencyMs: undefined, canBeCalled: false, avoidUntilMs: 0 }
      this.#notes.set(peerId, note)
      if (this.#notes.size > MAX_NOTES) this.#notes.delete(this.#notes.keys().next().value!)
    }
    return note
  }

  forget(peerId: string): void {
    this.#notes.delete(peerId)
  }

  entries(): Iterable<[string, Note]> {
    return this.#notes
  }
}
