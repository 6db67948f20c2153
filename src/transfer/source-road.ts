import { isMultiaddr } from '../link/address.ts'
import type { Road } from '../link/roads.ts'
import type { Provider } from './ports.ts'

/** How a source is read: over one of the roads of a link, or from an HTTP server. */
export type SourceRoad = Road | 'mirror'

/** The road to a source that is being read, or the one that is tried first. @param taken undefined before there is a connection */
export function sourceRoad({ mirror, addresses }: Provider, taken: Road | undefined): SourceRoad {
  if (mirror) return 'mirror'
  const [first] = addresses
  if (taken || first === undefined || !isMultiaddr(first)) return taken ?? 'direct'
  return first.includes('/p2p-circuit') ? 'relayed' : 'tunnel'
}
