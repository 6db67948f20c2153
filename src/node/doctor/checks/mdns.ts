import { checkOf, count, type DoctorCheck } from '../check.ts'
import type { NodeFacts } from '../facts.ts'

type Facts = Pick<NodeFacts, 'listen' | 'settings' | 'fabric' | 'uptimeMs'>

/** Peers of the local network answer within seconds; after this nobody is taken for missing, ms. */
const HEARD_MS = 30_000

/** Whether peers on the local network are found by multicast DNS. */
export function mdnsCheck({ listen, settings, fabric: { mdns }, uptimeMs }: Facts): DoctorCheck {
  const { ok, skipped, warn } = checkOf('mdns', 'Local network (mDNS)')
  if (listen.isLoopback) return skipped(`Not tried: grpcHost is the loopback address ${listen.host}.`)
  if (!settings.mdns || mdns?.enabled === false)
    return skipped(
      'Switched off by the setting mdns.',
      'To switch it on: shoal config set mdns true, then restart the node.',
    )
  if (!mdns) return skipped('The node does not tell.')
  if (mdns.heard > 0) return ok(`Heard ${count(mdns.heard, 'peer')}.`)
  if (uptimeMs < HEARD_MS) return skipped('Heard nobody yet.', 'Ask again in half a minute: shoal doctor')
  return warn(
    'Heard nobody. That is as it should be when no other node runs in this network.',
    'If one does: allow UDP port 5353 in the firewall of both machines (sudo ufw allow 5353/udp). Guest Wi-Fi and access points with client isolation keep devices apart; then give the address: shoal start --peer HOST:9081',
  )
}
