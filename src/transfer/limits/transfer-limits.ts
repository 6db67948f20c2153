import type { Clock } from '../../base/clock.ts'
import { type Gate, Gates } from './gates.ts'
import type { Rates, Who } from './rates.ts'

/** The limits of both directions. */
export interface LimitRates {
  readonly upload: Rates
  readonly download: Rates
}

/** What those who move bytes need of the limits. */
export interface OpensGates {
  /** A gate for a stream to a peer: bytes pass before they are handed to the socket. */
  upload(who: Who): Gate
  /** A gate for a stream from a peer: bytes that came pass before the next ones are read, which makes TCP hold the sender back. */
  download(who: Who): Gate
}

/** How fast files may be moved, both ways. Changes hold at once. */
export class TransferLimits implements OpensGates {
  readonly #upload: Gates
  readonly #download: Gates

  constructor(clock: Clock, rates?: LimitRates) {
    this.#upload = new Gates(clock, rates?.upload)
    this.#download = new Gates(clock, rates?.download)
  }

  update({ upload, download }: LimitRates): void {
    this.#upload.update(upload)
    this.#download.update(download)
  }

  upload(who: Who): Gate {
    return this.#upload.open(who)
  }

  download(who: Who): Gate {
    return this.#download.open(who)
  }

  getDebugState(): Record<string, unknown> {
    return { upload: this.#upload.getDebugState(), download: this.#download.getDebugState() }
  }
}
