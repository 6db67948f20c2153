import { ShoalError } from '../../base/errors.ts'
import { formatBytes } from '../../base/units.ts'
import type { CandidateJson } from '../client/rest.ts'
import type { Printer } from '../output/printer.ts'

/** Lists the contents that an ambiguous name stands for. Gives the error back, whatever it is. */
export function explainAmbiguous(print: Printer, error: unknown): unknown {
  if (!(error instanceof ShoalError) || error.code !== 'AMBIGUOUS') return error
  const candidates = error.details?.candidates as CandidateJson[] | undefined
  for (const { cid, name, size, providers } of candidates ?? []) {
    print.note(`  ${cid}  ${formatBytes(size)}  ${providers} with it  ${name}`)
  }
  return error
}
