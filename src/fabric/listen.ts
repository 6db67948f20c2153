import { once } from 'node:events'
import { type AddressInfo, createServer, isIPv6 } from 'node:net'
import type { TransportManager } from '@libp2p/interface-internal'
import { multiaddr } from '@multiformats/multiaddr'
import { ShoalError } from '../base/errors.ts'
import type { FabricSetup, WantedPort } from './setup.ts'

/**
 * The multiaddrs to listen on: TCP and WebSockets, over IPv4 and IPv6 when the host is a wildcard. A port that is taken gives way to a
 * free one where that is allowed: libp2p cannot do so itself.
 *
 * @throws ShoalError CONFLICT when a named port is taken, INVALID_ARGUMENT for a host that is not here
 */
export async function listenAddresses({ host, tcp, webSocket }: FabricSetup): Promise<string[]> {
  const hosts = host === '0.0.0.0' || host === '::' ? ['0.0.0.0', '::'] : [host]
  const tcpPort = await usablePort(host, tcp)
  const webSocketPort = webSocket && (await usablePort(host, webSocket))
  return hosts.flatMap((each) => {
    const base = `/${isIPv6(each) ? 'ip6' : 'ip4'}/${each}/tcp`
    return [`${base}/${tcpPort}`, ...(webSocketPort === undefined ? [] : [`${base}/${webSocketPort}/ws`])]
  })
}

/** The port, or 0 for any free one when it is taken: the port of a probe might be taken again before libp2p comes to it. */
async function usablePort(host: string, { port, fallback }: WantedPort): Promise<number> {
  if (port === 0) return 0
  try {
    return await probe(host, port)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EADDRINUSE' && fallback) return 0
    if (code === 'EADDRINUSE')
      throw new ShoalError('CONFLICT', `Port ${port} is taken on ${host}. Choose another one.`, {
        cause: error,
      })
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new ShoalError('INVALID_ARGUMENT', `${host} is not an address of this machine.`, { cause: error })
    throw error
  }
}

/**
 * Listens on another port for each of `wanted` on which libp2p does not: the port was free a moment before. IPv6 may be missing.
 *
 * @throws ShoalError CONFLICT when a port was named, or nothing can be listened on
 */
export async function listenOnMissing(
  transports: Pick<TransportManager, 'getAddrs' | 'listen'>,
  wanted: readonly string[],
  { tcp, webSocket }: Pick<FabricSetup, 'tcp' | 'webSocket'>,
): Promise<void> {
  for (const address of wanted) {
    const [, family = '', host = '', , port = '0'] = address.split('/')
    const isWebSocket = address.endsWith('/ws')
    const isOpen = (open: string) => open.startsWith(`/${family}/`) && open.includes('/ws') === isWebSocket
    if (transports.getAddrs().map(String).some(isOpen)) continue
    const isNamed = port !== '0' && !(isWebSocket ? webSocket : tcp)?.fallback
    try {
      if (!isNamed)
        await transports.listen([multiaddr(`/${family}/${host}/tcp/0${isWebSocket ? '/ws' : ''}`)])
    } catch {
      // Seen to below.
    }
    if (family === 'ip4' && !transports.getAddrs().map(String).some(isOpen))
      throw new ShoalError('CONFLICT', `libp2p cannot listen on ${address}. Choose another port.`)
  }
}

async function probe(host: string, port: number): Promise<number> {
  const server = createServer()
  server.listen({ host, port })
  await once(server, 'listening')
  const bound = (server.address() as AddressInfo).port
  server.close()
  await once(server, 'close')
  return bound
}
