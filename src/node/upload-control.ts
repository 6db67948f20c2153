import type { UploadAction, UploadPeerView } from '../api/views/network-view.ts'
import type { Clock } from '../base/clock.ts'
import { ShoalError } from '../base/errors.ts'
import type { UploadRules } from '../transfer/upload-rules.ts'
import type { UploadSlots } from '../transfer/upload-slots.ts'

export interface UploadControlParts {
  readonly rules: UploadRules
  readonly slots: Pick<UploadSlots, 'hasPeer'>
  /** Name that a peer gave itself; empty when it is not known. */
  peerName(peerId: string): string
  readonly clock: Clock
}

/** What the owner says of those who fetch. */
export class UploadControl {
  readonly #parts: UploadControlParts

  constructor(parts: UploadControlParts) {
    this.#parts = parts
  }

  /** Those who are paused or refused. */
  list(): UploadPeerView[] {
    return this.#parts.rules.list().map(({ peerId }) => this.#view(peerId))
  }

  /** @throws NOT_FOUND for a peer that neither fetches nor is paused or refused; CONFLICT when too many are */
  act(peerId: string, action: UploadAction): UploadPeerView {
    const { rules, slots } = this.#parts
    if (!slots.hasPeer(peerId) && !rules.of(peerId))
      throw new ShoalError('NOT_FOUND', 'No such peer fetches from this node, or is paused or refused here.')
    if (action === 'pause') rules.pause(peerId)
    else if (action === 'cancel') rules.refuse(peerId)
    else rules.lift(peerId)
    return this.#view(peerId)
  }

  #view(peerId: string): UploadPeerView {
    const { rules, clock, peerName } = this.#parts
    const rule = rules.of(peerId)
    return {
      peerId,
      name: peerName(peerId),
      state: rule?.state ?? 'served',
      ...(rule?.state === 'refused' && { untilMs: Math.round(clock.now() + rule.leftMs) }),
    }
  }
}
