import { once } from 'node:events'
import type { AddressInfo, Server } from 'node:net'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { formatAddress, type HostPort } from './address.ts'

/** Where to listen. */
export interface ListenOptions extends HostPort {
  /** When the port is taken, take a free one instead. */
  fallbackToFreePort: boolean
}

/**
 * Listens, and tells where. Throws CONFLICT when the port is taken, PERMISSION_DENIED when it may not be
 * used, INVALID_ARGUMENT for a host that is not here.
 */
export async function listen(server: Server, options: ListenOptions): Promise<HostPort> {
  const { host, port, fallbackToFreePort } = options
  try {
    return await listenOn(server, host, port)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EADDRINUSE' && fallbackToFreePort) return listenOn(server, host, 0)
    if (code === 'EADDRINUSE')
      throw new ShoalError('CONFLICT', `Port ${port} is taken on ${host}. Choose another one.`, {
        cause: error,
      })
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new ShoalError('INVALID_ARGUMENT', `${host} is not an address of this machine.`, { cause: error })
    const known = toShoalError(error, 'IO')
    throw new ShoalError(known.code, `Cannot listen on ${formatAddress(options)}: ${known.message}`, {
      cause: error,
    })
  }
}

async function listenOn(server: Server, host: string, port: number): Promise<HostPort> {
  server.listen({ host, port })
  // Rejects with the error event.
  await once(server, 'listening')
  const bound = server.address() as AddressInfo
  return { host, port: bound.port }
}
