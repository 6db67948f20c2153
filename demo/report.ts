import { styleText } from 'node:util'

/** Tells what happens: sentences for people, or one JSON object a line. Keeps the checks and whether all of them held. */
export class Report {
  readonly #json: boolean
  #checks = 0
  readonly failed: string[] = []

  constructor(json: boolean) {
    this.#json = json
  }

  get checks(): number {
    return this.#checks
  }

  step(event: string, text: string, facts: Record<string, unknown> = {}): void {
    if (this.#json) console.log(JSON.stringify({ event, text, ...facts }))
    else console.log(`${styleText('cyan', '→')} ${text}`)
  }

  /** Notes whether something that must hold does. */
  check(what: string, ok: boolean, facts: Record<string, unknown> = {}): void {
    this.#checks++
    if (!ok) this.failed.push(what)
    if (this.#json) console.log(JSON.stringify({ event: 'check', what, ok, ...facts }))
    else console.log(`  ${ok ? styleText('green', '✔') : styleText('red', '✘')} ${what}`)
  }

  summary(facts: Record<string, unknown>, text: string): boolean {
    const ok = this.failed.length === 0
    if (this.#json) {
      console.log(
        JSON.stringify({ event: 'summary', ok, checks: this.#checks, failed: this.failed, ...facts }),
      )
    } else {
      console.log(
        ok ? styleText('green', `✔ ${text}`) : styleText('red', `✘ Failed: ${this.failed.join('; ')}`),
      )
    }
    return ok
  }
}
