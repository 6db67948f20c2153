import type { DamagedView, VerifyEvent, VerifyPort, VerifyView } from '../api/node-port.ts'
import type { Library } from '../library/library.ts'

/** Reading shared files again, as the API wants it. */
export class NodeVerify implements VerifyPort {
  readonly #library: Library

  constructor(library: Library) {
    this.#library = library
  }

  start(targets: readonly string[]): Promise<VerifyView> {
    return this.#library.verify(targets)
  }

  state(): VerifyView {
    return this.#library.verifier.state()
  }

  stop(): Promise<VerifyView> {
    return this.#library.verifier.stop()
  }

  watch(signal: AbortSignal): AsyncIterable<VerifyEvent> {
    return this.#library.verifier.watch(signal)
  }

  findings(after: number, limit: number): DamagedView[] {
    return this.#library.verifier.findings(after, limit).map(({ number: _, ...finding }) => finding)
  }
}
