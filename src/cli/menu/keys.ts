import { PassThrough } from 'node:stream'
import type { Tty } from '../io.ts'

/** The keys of a terminal for prompts, which do not survive that it goes away. */
export interface Keys extends Disposable {
  readonly input: Tty['input']
}

/**
 * What is typed at a terminal, as a stream that never ends or fails. When the terminal goes away, reading it ends, and every change
 * of its mode is an error on its stream: `onGone` hears of both, perhaps more than once.
 */
export function keysOf({ input }: Tty, onGone: () => void): Keys {
  const keys = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (raw: boolean) => input.setRawMode?.(raw),
  })
  input.on('end', onGone)
  input.on('error', onGone)
  input.pipe(keys, { end: false })
  return {
    input: keys,
    [Symbol.dispose]() {
      input.unpipe(keys)
      input.off('end', onGone)
      // The listener to errors stays: one may come late, and must not end the process as a crash then.
      input.pause()
    },
  }
}
