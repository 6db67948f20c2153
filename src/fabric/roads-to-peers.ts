import type { Connection } from '@libp2p/interface'
import type { Tunnel } from '../link/roads.ts'
import { isRelayed } from './multiaddrs.ts'

/** How a connection reaches its peer. */
export const roadOf = (connection: Connection): Tunnel['road'] =>
  isRelayed(connection.remoteAddr) ? 'relayed' : 'tunnel'

/** The open connection to be preferred: one that passes no relay, of those the latest, which is the one surest to work. */
export function bestConnection(connections: readonly Connection[]): Connection | undefined {
  const open = connections.filter(({ status }) => status === 'open')
  return (
    open.findLast((connection) => roadOf(connection) === 'tunnel') ??
    open.findLast((connection) => roadOf(connection) === 'relayed')
  )
}
