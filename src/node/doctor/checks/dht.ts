import { checkOf, count, type DoctorCheck } from '../check.ts'
import { type NodeFacts, SETTLED_MS } from '../facts.ts'

type Facts = Pick<NodeFacts, 'fabric' | 'settings' | 'listen' | 'uptimeMs'>

/** Whether this node has contacts in the DHT, and whether others can ask it. */
export function dhtCheck({ fabric, settings, listen, uptimeMs }: Facts): DoctorCheck {
  const { ok, skipped, warn, broken } = checkOf('dht', 'DHT')
  const { mode, contacts } = fabric.dht
  if (!settings.dht) return skipped('Switched off: dht is not in the setting discovery.')
  if (contacts === 0 && fabric.connected === 0) return skipped('Empty: no peer is connected through libp2p.')
  if (contacts === 0 && uptimeMs < SETTLED_MS)
    return skipped('No contacts yet.', 'Ask again in a minute: shoal doctor')
  const ports = listen.p2pPorts.filter((port) => port > 0).join(' and ') || 'of libp2p'
  if (contacts === 0)
    return broken(
      `No contacts, though ${count(fabric.connected, 'peer is', 'peers are')} connected: nothing is found through it.`,
      `Connect to a peer that others can reach: shoal start --peer /ip4/HOST/tcp/4081/p2p/PEERID. All of those connected may be behind a NAT; otherwise restart the node and see the debug log: shoal start --log-level debug`,
    )
  const known = count(contacts, 'contact')
  if (mode === 'client')
    return warn(
      `Client mode with ${known}: asks others, and cannot keep records for them, because they cannot reach this node.`,
      `Let others reach the TCP ports ${ports}; see reachability.`,
    )
  return ok(`Server mode with ${known}.`)
}
