import { formatBytes } from '../../../base/units.ts'
import { checkOf, count, type DoctorCheck, named } from '../check.ts'
import { type NodeFacts, SETTLED_MS } from '../facts.ts'

type Facts = Pick<NodeFacts, 'fabric' | 'listen' | 'uptimeMs'>
type Serving = NonNullable<NonNullable<NodeFacts['fabric']['relay']>['serving']>

/** Whether the relays are there that this node needs, and what it is itself as a relay of others. */
export function relayCheck({ fabric: { relay }, listen, uptimeMs }: Facts): DoctorCheck {
  const { ok, skipped, warn, broken } = checkOf('relay', 'Relay')
  if (!relay) return skipped('The node does not tell.')
  const { reservations, wanted, serving } = relay
  const notice = relay.notice ? ` ${relay.notice}` : ''
  if (wanted && reservations.length === 0) {
    if (uptimeMs < SETTLED_MS)
      return skipped(`Still asks relays for a place.${notice}`, 'Ask again in a minute: shoal doctor')
    return broken(
      `Others cannot reach this node, and it has a place at no relay.${notice}`,
      'Give it an index server, which is a relay too: shoal config set index HOST:PORT, then restart the node. Or forward its ports.',
    )
  }
  const own = wanted
    ? `Others reach this node through ${count(reservations.length, 'relay')}: ${named(reservations)}.`
    : `Needs none: ${listen.isLoopback ? 'it is for this machine only' : 'others can connect'}.`
  const detail = `${own}${serving ? ` ${load(serving)}` : ''}${notice}`
  const full = serving && fullness(serving)
  return full
    ? warn(`${detail} ${full}`, 'Nothing is broken: others are refused until there is room.')
    : ok(detail)
}

function load({ reservations, slots, connections, bytesToday, bytesPerDay }: Serving): string {
  const places = `${reservations} of ${slots} places taken`
  const bytes = `${formatBytes(bytesToday)} of ${formatBytes(bytesPerDay)} in the last 24 h`
  return `Is a relay of others: ${places}, ${count(connections, 'connection')}, ${bytes}.`
}

function fullness({ reservations, slots, bytesToday, bytesPerDay }: Serving): string {
  if (bytesToday >= bytesPerDay) return 'What it relays a day is used up.'
  return reservations >= slots ? 'All its places are taken.' : ''
}
