import { isCancel, multiselect, select, text } from '@clack/prompts'
import { printable } from '../../base/printable.ts'
import type { Tty } from '../io.ts'
import { displayWidth, fit } from '../output/width.ts'
import type { Asker, Choice, TextOptions } from './asker.ts'

/** What a line has besides its text: guide, mark and spaces; one column stays free, since a full line makes some terminals wrap. */
const FRAME_COLUMNS = 6
/** A space and brackets around a hint. */
const HINT_FRAME_COLUMNS = 3
/** The least of a hint that is worth showing, columns. */
const MIN_HINT_COLUMNS = 10
/** Below this width the line with the keys would take more than one line. */
const KEYS_COLUMNS = 50

/** Asks at a terminal. Prompts end as by Esc when `signal` aborts. */
export function clackAsker({ input, output }: Tty, signal: AbortSignal): Asker {
  const columns = () => output.columns || 80
  const common = () => ({ input, output, signal })
  const lists = <T>(message: string, choices: readonly Choice<T>[]) => ({
    ...common(),
    message: fit(printable(message), columns() - FRAME_COLUMNS),
    options: choices.map((choice, value) => ({ value, ...lineOf(choice, columns()) })),
    showInstructions: columns() >= KEYS_COLUMNS,
  })
  return {
    async select(message, choices) {
      const answer = await select<number>(lists(message, choices))
      return isCancel(answer) ? undefined : choices[answer]!.value
    },
    async pick(message, choices) {
      const answer = await multiselect<number>({ ...lists(message, choices), required: false })
      return isCancel(answer) ? undefined : answer.map((at) => choices[at]!.value)
    },
    async text(message, { placeholder = '', check }: TextOptions = {}) {
      const answer = await text({
        ...common(),
        message: fit(printable(message), columns() - FRAME_COLUMNS),
        placeholder: fit(placeholder, columns() - FRAME_COLUMNS),
        validate: (given) => check?.((given ?? '').trim()),
      })
      return isCancel(answer) ? undefined : (answer ?? '').trim()
    },
  }
}

/** Label and hint of a choice on one line of a terminal so wide. A hint that does not fit is left out. */
export function lineOf({ label, hint }: Choice<unknown>, columns: number): { label: string; hint?: string } {
  const room = Math.max(1, columns - FRAME_COLUMNS)
  const shown = fit(printable(label), room)
  const left = room - displayWidth(shown) - HINT_FRAME_COLUMNS
  return hint === undefined || left < MIN_HINT_COLUMNS
    ? { label: shown }
    : { label: shown, hint: fit(printable(hint), left) }
}
