import { toShoalError } from '../../../base/errors.ts'
import type { Environment } from '../../../base/paths.ts'
import { loadNetwork } from '../../../link/network-file.ts'
import { checkOf, type DoctorCheck } from '../check.ts'

export interface NetworkFacts {
  /** The private network; undefined for the public one. */
  readonly network?: { readonly name: string; readonly fingerprint: string }
  readonly problem?: string
}

export function networkCheck({ network, problem }: NetworkFacts): DoctorCheck {
  const { ok, broken } = checkOf('network', 'Private network')
  if (problem !== undefined)
    return broken(
      problem,
      'If the message names no command: join again with shoal network join - --force (its members see the text with shoal network show), or leave with shoal network leave.',
    )
  if (!network) return ok('In none: the node is in the public network.')
  return ok(`Member of "${network.name}" (${network.fingerprint}).`)
}

export async function readNetwork(folder: string, env: Environment): Promise<NetworkFacts> {
  try {
    const network = await loadNetwork(folder, env)
    return network ? { network: { name: network.name, fingerprint: network.key.fingerprint } } : {}
  } catch (error) {
    return { problem: toShoalError(error).message }
  }
}
