import { checkOf, type DoctorCheck, named } from '../check.ts'
import type { NodeFacts } from '../facts.ts'
import { forward } from './reachability.ts'

type Facts = Pick<NodeFacts, 'listen' | 'settings' | 'fabric'>

/** Whether the router forwards the ports. */
export function upnpCheck({ listen, settings, fabric }: Facts): DoctorCheck {
  const { ok, skipped, warn } = checkOf('upnp', 'UPnP')
  const isPrivate = fabric.reachability.now === 'private'
  if (listen.isLoopback) return skipped(`Not tried: grpcHost is the loopback address ${listen.host}.`)
  if (!settings.upnp) {
    const fix = 'shoal config set upnp true, then restart the node.'
    return isPrivate
      ? warn('Switched off, and others cannot reach this node.', fix)
      : skipped('Switched off by the setting upnp.')
  }
  const { upnp } = fabric
  if (!upnp) return skipped('The node does not tell.')
  const at = upnp.gateway ? ` at ${upnp.gateway}` : ''
  switch (upnp.state) {
    case 'off':
      return skipped('Switched off.')
    case 'searching':
      return skipped('Still looks for a router.', 'Ask again in ten seconds: shoal doctor')
    case 'mapped':
      return ok(`The router${at} forwards ${named(upnp.mapped) || 'the ports'}.`)
    case 'none':
      return isPrivate
        ? warn('No router answered.', forward(listen))
        : ok('No router answered, and none is needed: others can connect.')
    case 'failed': {
      const detail = `The router${at} does not forward the ports${upnp.error ? `: ${upnp.error}` : ''}.`
      return isPrivate ? warn(detail, forward(listen)) : ok(`${detail} It is not needed: others can connect.`)
    }
  }
}
