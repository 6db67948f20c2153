import { scopeOf } from '../../../fabric/multiaddrs.ts'
import { checkOf, type DoctorCheck, named } from '../check.ts'
import type { NodeFacts } from '../facts.ts'
import { forward } from './reachability.ts'

type Facts = Pick<NodeFacts, 'listen' | 'addresses' | 'fabric'>

/** Whether others see this node at an address that it does not have. */
export function natCheck({ listen, addresses, fabric }: Facts): DoctorCheck {
  const { ok, skipped, warn } = checkOf('nat', 'NAT')
  if (listen.isLoopback) return skipped(`Not looked for: grpcHost is the loopback address ${listen.host}.`)
  const own = new Set(addresses.own.map(plain))
  // What somebody on this machine sees says nothing of the way out.
  const observed = [...new Set(addresses.observed.map(plain))].filter((host) => scopeOf(host) !== 'loopback')
  if (observed.length === 0) return skipped('Nobody elsewhere has told at which address it sees this node.')
  const foreign = observed.filter((host) => !own.has(host))
  if (foreign.length === 0) return ok(`None: others see this node at ${named(observed)}, its own address.`)
  const seen = `Others see this node at ${named(foreign)}, which is no address of this machine`
  if (fabric.reachability.now === 'public') return ok(`${seen}: a NAT that lets others in.`)
  return warn(`${seen}: it is behind a NAT.`, forward(listen))
}

/** The form in which addresses are compared: without brackets, zone, and the IPv6 form of IPv4. */
function plain(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '')
    .replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '')
}
