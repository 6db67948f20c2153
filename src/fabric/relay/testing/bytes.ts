import { createHash, randomBytes } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { MIB } from '../../../base/units.ts'

/** Waits until nothing is left to send. `onDrain` waits only once in a stream's life, as of @libp2p/utils 7.4.1. */
export async function sentAll(stream: Stream): Promise<void> {
  while (stream.writeBufferLength > 0) {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const onClose = () => reject(new Error('the stream was closed'))
    const onIdle = () => resolve()
    stream.addEventListener('idle', onIdle, { once: true })
    stream.addEventListener('close', onClose, { once: true })
    await promise.finally(() => {
      stream.removeEventListener('idle', onIdle)
      stream.removeEventListener('close', onClose)
    })
  }
}

/** Sends `mib` MiB, each different, then ends. Resolves with their hash. */
export async function sendRandom(stream: Stream, mib: number): Promise<string> {
  const hash = createHash('sha256')
  for (let i = 0; i < mib; i++) {
    const chunk = randomBytes(MIB)
    hash.update(chunk)
    stream.send(chunk)
    await sentAll(stream)
  }
  await stream.close()
  return hash.digest('hex')
}

/** The hash of all that comes. */
export async function hashOf(stream: Stream): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of stream) hash.update(chunk.subarray())
  return hash.digest('hex')
}
