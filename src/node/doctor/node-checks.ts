import type { DoctorCheck } from './check.ts'
import { clockCheck } from './checks/clock.ts'
import { dhtCheck } from './checks/dht.ts'
import { dialectChecks } from './checks/dialects.ts'
import { indexChecks } from './checks/index-servers.ts'
import { mdnsCheck } from './checks/mdns.ts'
import { membershipCheck } from './checks/membership.ts'
import { natCheck } from './checks/nat.ts'
import { peersCheck } from './checks/peers.ts'
import { reachabilityCheck } from './checks/reachability.ts'
import { relayCheck } from './checks/relay.ts'
import { upnpCheck } from './checks/upnp.ts'
import type { NodeFacts } from './facts.ts'

/** All checks that need the running node, in the order in which they are shown. */
export function nodeChecks(facts: NodeFacts): DoctorCheck[] {
  return [
    reachabilityCheck(facts),
    natCheck(facts),
    upnpCheck(facts),
    relayCheck(facts),
    dhtCheck(facts),
    mdnsCheck(facts),
    ...indexChecks(facts.index),
    peersCheck(facts),
    membershipCheck(facts),
    clockCheck(facts.clocks),
    ...dialectChecks(facts),
  ]
}
