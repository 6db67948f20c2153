import { printable } from '../../../src/base/printable.ts'
import { onEvent } from './live.ts'
import { say } from './toasts.ts'

/** Longest name that is said in passing, characters. */
const MAX_NAME_LENGTH = 80

/** Says, on whatever page, when something that is wished for appears. Call it once. */
export function tellWishes(): void {
  onEvent('wish', (data) => {
    if (data === undefined) return
    const { words, hit } = data as { words: string; hit: { name: string } }
    say(`For “${shown(words)}”: ${shown(hit.name)}`, { link: { to: '/wishes', label: 'Show' } })
  })
}

const shown = (text: string): string =>
  text.length > MAX_NAME_LENGTH ? `${printable(text.slice(0, MAX_NAME_LENGTH))}…` : printable(text)
