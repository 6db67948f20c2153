import { checkOf, count, type DoctorCheck } from '../check.ts'
import type { NodeFacts } from '../facts.ts'

/** Whether somebody on other machines may use this node without proving anything; nothing when it speaks no dialect. */
export function dialectChecks({ dialects }: Pick<NodeFacts, 'dialects'>): DoctorCheck[] {
  if (!dialects || dialects.names.length === 0) return []
  const { ok, warn } = checkOf('dialects', 'Clients of other systems')
  const what = `${count(dialects.names.length, 'dialect')} (${dialects.names.join(', ')})`
  if (dialects.isLoopback) return [ok(`${what} on ${dialects.host}: for programs on this machine.`)]
  return [
    warn(
      `${what} on ${dialects.host}: whoever can reach this machine may list and fetch what is open to dialects, and proves nothing.`,
      'If that is not meant: shoal config set dialectHost 127.0.0.1, then restart the node. To open less to them: the setting dialectShares.',
    ),
  ]
}
