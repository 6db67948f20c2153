import type { Status } from '../../api/types.ts'
import { countOf, formatBytes } from '../../format.ts'

export interface Fact {
  readonly label: string
  readonly text: string
  readonly tone: 'good' | 'warn' | 'plain'
}

const REACHABILITY: Readonly<Record<Status['reachability'], Omit<Fact, 'label'>>> = {
  unknown: { text: 'Not known yet: nobody outside could be asked.', tone: 'plain' },
  local: { text: 'Peers of the same local network reach it.', tone: 'plain' },
  private: {
    text: 'Nobody outside reaches it directly. It still finds and fetches everything; others come through tunnels and relays.',
    tone: 'warn',
  },
  public: { text: 'Anybody on the internet reaches it directly.', tone: 'good' },
}

/** How this node stands in the network, in words. */
export function factsOf(status: Status): Fact[] {
  const { reachability, relay, dht, privateNetwork, network } = status
  const facts: Fact[] = [{ label: 'From outside', ...REACHABILITY[reachability] }]
  const plain = (label: string, text: string) => facts.push({ label, text, tone: 'plain' })
  if (relay.reservations.length > 0)
    plain('Relays', `Others reach it through ${countOf(relay.reservations.length, 'relay')}.`)
  if (relay.serving) {
    const { reservations, slots, connections, bytesToday, bytesPerDay } = relay.serving
    plain(
      'Relay for others',
      `${reservations} of ${countOf(slots, 'place')} taken, ${countOf(connections, 'connection')} now; ${formatBytes(bytesToday)} of ${formatBytes(bytesPerDay)} passed on in 24 hours.`,
    )
  }
  if (network) {
    plain(
      'Role',
      network.role === 'member'
        ? 'Member: others can call it, and it keeps a part of the directory.'
        : 'Leaf: it shares, searches and fetches; others cannot call it, so it keeps no directory.',
    )
    plain('Zone', zoneFact(network))
    plain('Network', `About ${countOf(network.size, 'peer')}, ${countOf(network.neighbours, 'neighbour')}.`)
  } else plain('Network', 'It takes no part in the network without a server: zone and flood are off.')
  plain(
    'DHT',
    `${dht.mode === 'server' ? 'Server: it answers others, too' : 'Client: it asks, and is not asked'}. ${countOf(dht.contacts, 'contact')}.`,
  )
  plain(
    'Private network',
    privateNetwork
      ? `${privateNetwork.name}, key ${privateNetwork.fingerprint}: only those who have the key are met.`
      : 'None: everybody may be met.',
  )
  return facts
}

function zoneFact({ zone, zoneSize }: NonNullable<Status['network']>): string {
  const size = countOf(zoneSize, 'peer')
  return zone === ''
    ? `The network is small enough for one zone: ${size}.`
    : `${zone}: ${size} keep the directory of the keys that begin with these bits.`
}
