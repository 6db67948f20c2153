import type { ServerResponse } from 'node:http'
import { type LinkedSignal, linkSignals } from '../../base/signals.ts'

/**
 * A signal that aborts with CANCELLED when the client leaves before the answer is over. Dispose it when that
 * is.
 */
export function clientSignal(response: ServerResponse): LinkedSignal {
  const life = linkSignals()
  const onClose = () => life.abort()
  response.once('close', onClose)
  if (response.destroyed) life.abort()
  return {
    signal: life.signal,
    abort: life.abort,
    [Symbol.dispose]() {
      response.off('close', onClose)
      life[Symbol.dispose]()
    },
  }
}
