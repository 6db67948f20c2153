import { STATUS_CODES } from 'node:http'
import { ERRORS, type ErrorCode, ShoalError } from '../../base/errors.ts'
import { problemOf } from '../problem.ts'
import type { Answer } from './openapi.ts'

const PROBLEM = { $ref: '#/components/schemas/Problem' }

/** What every operation may answer beside what is listed, such as with 500. */
const OTHER: Answer = {
  description: 'Any other problem (RFC 9457)',
  content: { 'application/problem+json': { schema: PROBLEM } },
}

/** The problem answers for `codes` by status, the smallest first, each code with an example; at the end `default`. */
export function problemAnswers(codes: Iterable<ErrorCode>): Record<string, Answer> {
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of new Set(codes)) {
    const { http } = ERRORS[code]
    byStatus.set(http, [...(byStatus.get(http) ?? []), code])
  }
  const listed = [...byStatus].sort(([a], [b]) => a - b)
  return {
    ...Object.fromEntries(listed.map(([status, each]) => [String(status), answerOf(status, each)])),
    default: OTHER,
  }
}

function answerOf(status: number, codes: readonly ErrorCode[]): Answer {
  const examples = codes.map((code) => [code, { value: problemOf(new ShoalError(code)) }] as const)
  return {
    description: `${STATUS_CODES[status] ?? 'Error'}: ${codes.join(', ')}`,
    content: {
      'application/problem+json': { schema: PROBLEM, examples: Object.fromEntries(examples) },
    },
  }
}

/** The codes that an answer lists. */
export function codesOf(answer: Answer | undefined): string[] {
  return Object.keys(answer?.content?.['application/problem+json']?.examples ?? {})
}
