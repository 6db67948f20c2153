import { checkOf, count, type DoctorCheck, named } from '../check.ts'
import type { ConfiguredPeer, NodeFacts } from '../facts.ts'

type Facts = Pick<NodeFacts, 'peers' | 'index'>

const ROADS = { direct: 'directly', tunnel: 'through a tunnel', relayed: 'through a relay' } as const

/** Who is connected, and which configured peers do not answer. */
export function peersCheck({ peers: { known, connected, configured, unasked }, index }: Facts): DoctorCheck {
  const { ok, warn, broken } = checkOf('peers', 'Peers')
  const byRoad = (['direct', 'tunnel', 'relayed'] as const)
    .filter((road) => connected[road] > 0)
    .map((road) => `${connected[road]} ${ROADS[road]}`)
  const total = connected.direct + connected.tunnel + connected.relayed
  const rest =
    unasked > 0 ? ` ${count(unasked, 'configured peer was', 'configured peers were')} not asked.` : ''
  const summary =
    total > 0 ? `${count(total, 'peer')} connected (${byRoad.join(', ')}).` : 'No peer is connected.'
  const silent = configured.filter(({ problem }) => problem !== undefined)
  if (silent.length > 0) {
    const detail = `${summary} Configured, but no answer from ${named(silent.map(reason))}.${rest}`
    const fix =
      'Does a node run there, and is its gRPC port open? To change the list: shoal config set peers HOST:PORT, then restart the node (or shoal start --peer HOST:PORT).'
    return total === 0 && silent.length === configured.length && unasked === 0
      ? broken(detail, fix)
      : warn(detail, fix)
  }
  if (total > 0) return ok(`${summary}${rest}`)
  const isOnIndex = index.some(({ state }) => state === 'online')
  const remembered = known > 0 ? ` ${count(known, 'peer')} known from before or from others.` : ''
  if (isOnIndex)
    return ok(`${summary}${remembered} Peers are found through the index server when they are needed.`)
  return warn(
    `${summary}${remembered}`,
    'Tell the node of one: shoal start --peer HOST:9081, or of an index server: shoal start --index HOST:9080',
  )
}

const reason = ({ address, problem }: ConfiguredPeer) => `${address} (${problem})`
