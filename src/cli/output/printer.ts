import { styleText } from 'node:util'
import { printable, printableJson } from '../../base/printable.ts'
import type { CliIo, Sink } from '../io.ts'
import { type Column, tableLines } from './table.ts'
import { fit } from './width.ts'

export type Style = Parameters<typeof styleText>[0]

/** Least time between two states of the live line, ms: more often cannot be read and costs. */
const LIVE_INTERVAL_MS = 100
const CLEAR_LINE = '\r\u001b[2K'

/**
 * The one way out for everything a command says. Results go to stdout: JSON lines with --json, text for people
 * otherwise; everything else goes to stderr. All text is made {@link printable} here, so no name from the network reaches
 * the terminal as it came.
 */
export class Printer {
  readonly json: boolean
  readonly #io: CliIo
  #live = ''
  #liveAtMs = Number.NEGATIVE_INFINITY

  constructor(io: CliIo, json: boolean) {
    this.#io = io
    this.json = json
  }

  /** A result for programs; nothing without --json. */
  row(value: object): void {
    if (this.json) this.#io.stdout.write(`${printableJson(JSON.stringify(value))}\n`)
  }

  /** A line of the result for people; nothing with --json. */
  line(text: string, style?: Style): void {
    if (this.json) return
    this.clearLive()
    this.#io.stdout.write(`${painted(this.#io.stdout, printable(text), style)}\n`)
  }

  /** The result as a table for people; nothing with --json. The header only where a person reads it. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], header = this.#io.stdout.terminal): void {
    if (this.json) return
    this.clearLive()
    const { stdout } = this.#io
    tableLines(columns, rows, { width: stdout.columns, header }).forEach((line, i) => {
      stdout.write(`${painted(stdout, line, header && i === 0 ? 'dim' : undefined)}\n`)
    })
  }

  /** Labels and values, one a line, for people. */
  facts(pairs: readonly (readonly [label: string, value: string])[]): void {
    this.table(
      [
        { title: '', value: ([label]: readonly [string, string]) => label },
        { title: '', value: ([, value]: readonly [string, string]) => value, shrinkTo: 20 },
      ],
      pairs,
      false,
    )
  }

  /** A remark for people, on stderr. */
  note(text: string, style?: Style): void {
    this.clearLive()
    this.#io.stderr.write(`${painted(this.#io.stderr, printable(text), style)}\n`)
  }

  /**
   * A line on the terminal that the next one replaces; nothing when stderr is no terminal. `make` gets the width and is
   * called only when the line is drawn.
   */
  live(make: (columns: number) => string): void {
    const { stderr, clock } = this.#io
    if (!stderr.terminal || this.json) return
    const now = clock.monotonic()
    if (now - this.#liveAtMs < LIVE_INTERVAL_MS) return
    this.#liveAtMs = now
    // One column is left free: a full line would make some terminals wrap.
    const columns = (stderr.columns ?? 80) - 1
    this.#live = fit(printable(make(columns)), columns)
    stderr.write(`${CLEAR_LINE}${this.#live}`)
  }

  /** Takes the live line away. */
  clearLive(): void {
    if (this.#live !== '') this.#io.stderr.write(CLEAR_LINE)
    this.#live = ''
  }

  /** Columns of the terminal on stdout, undefined when it is none. */
  get columns(): number | undefined {
    return this.#io.stdout.columns
  }
}

/** `text`, already printable, in `style` where `sink` shows colours. */
export function painted(sink: Sink, text: string, style: Style | undefined): string {
  return style !== undefined && sink.colors ? styleText(style, text, { validateStream: false }) : text
}
