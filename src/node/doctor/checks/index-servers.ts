import { formatDuration } from '../../../base/units.ts'
import { checkOf, type DoctorCheck } from '../check.ts'
import type { IndexFacts } from '../facts.ts'
import { isClockOff, offMs } from './clock.ts'

/** One check for each configured index server. */
export function indexChecks(servers: readonly IndexFacts[]): DoctorCheck[] {
  if (servers.length === 0)
    return [checkOf('index', 'Index server').skipped('None is configured; none is needed.')]
  return servers.map(indexCheck)
}

function indexCheck(server: IndexFacts): DoctorCheck {
  const { label, pin, state, problem, expected, answered, address, clock } = server
  const { ok, skipped, warn, broken } = checkOf('index', `Index server ${label}`)
  if (state === 'unused')
    return skipped(
      'Nobody asks it: neither index, zone nor flood is in the setting discovery.',
      'To use it: shoal config set discovery index,zone,flood,dht, then restart the node.',
    )
  if (state === 'connecting') return skipped('Still connects.', 'Ask again in ten seconds: shoal doctor')
  if (state === 'wrong-identity')
    return broken(
      `Wrong identity: ${answered} answers there, not ${expected}.`,
      `Ask its operator for the PeerId. If that is the new one, put ${answered}@${label} into the list: shoal config set index SERVER,SERVER, then restart the node. If it is not, somebody else sits at this address.`,
    )
  if (state === 'failed')
    return broken(
      `Unreachable${problem ? `: ${problem}` : '; it is being tried again'}.`,
      `Does it run there (shoal index), and is its port open? If it is elsewhere, put ${pin ? `${pin}@` : ''}HOST:PORT into the list: shoal config set index SERVER,SERVER, then restart the node.`,
    )
  const online = `Online${address && address !== label ? ` at ${address}` : ''}${pin ? ', with the pinned identity' : ''}.`
  if (clock && isClockOff(clock)) {
    const direction = clock.lowMs > 0 ? 'ahead of' : 'behind'
    return warn(
      `${online} Its clock is ${formatDuration(offMs(clock))} or more ${direction} this one.`,
      'See the check clock for which of the two is wrong; on that machine: sudo timedatectl set-ntp true',
    )
  }
  return ok(online)
}
