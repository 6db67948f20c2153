import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Settings } from './config.ts'
import { portOwner } from './port-owner.ts'
import type { PortFacts, PortSetting } from './ports.ts'

/** Where a running node listens. */
export interface Listens {
  /** Process id, as it noted it itself; undefined when not known. */
  readonly pid?: number
  /** Ports by their setting; undefined while no node answers. */
  readonly used?: Readonly<Record<PortSetting, number | undefined>>
}

const PORTS = [
  ['httpPort', 'HTTP', 'httpHost'],
  ['grpcPort', 'gRPC', 'grpcHost'],
  ['p2pPort', 'libp2p', 'grpcHost'],
  ['p2pWsPort', 'libp2p over WebSockets', 'grpcHost'],
] as const

/** Tries each port that the node does not have. Listens on it for a moment. */
export function readPorts({ config, sources }: Settings, { pid, used }: Listens): Promise<PortFacts[]> {
  return Promise.all(
    PORTS.map(async ([setting, what, hostSetting]) => {
      const wanted = config[setting]
      const host = config[hostSetting]
      const port = used?.[setting]
      const common = { setting, what, hostSetting, host, wanted, isDefault: sources[setting] === 'default' }
      if (wanted === 0 || port === wanted)
        return {
          ...common,
          ...(port !== undefined && { used: port }),
          state: port === undefined ? 'free' : 'own',
        }
      const found = await tryPort(host, wanted)
      const owner = found === 'taken' ? await portOwner(wanted) : undefined
      return {
        ...common,
        ...(port !== undefined && { used: port }),
        // A node that does not answer, or only just starts, still has its ports.
        state: owner && owner.pid === pid ? 'own' : found,
        ...(owner && { owner: `${owner.name} (process ${owner.pid})` }),
      }
    }),
  )
}

async function tryPort(host: string, port: number): Promise<PortFacts['state']> {
  const server = createServer()
  try {
    server.listen({ host, port })
    await once(server, 'listening')
    server.close()
    await once(server, 'close')
    return 'free'
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') return 'taken'
    if (code === 'EACCES' || code === 'EPERM') return 'denied'
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'no-such-host'
    throw error
  }
}
