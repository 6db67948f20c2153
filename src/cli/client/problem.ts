import { type ErrorCode, isErrorCode, ShoalError } from '../../base/errors.ts'
import type { NodeAddress } from './locate-node.ts'

/**
 * The error that an HTTP answer stands for: problem details (RFC 9457) with a code of the table, or else what the status
 * tells.
 */
export function errorOfAnswer(status: number, text: string, { url, token }: NodeAddress): ShoalError {
  const problem = parseObject(text)
  if (!problem || !isErrorCode(problem.code)) {
    return new ShoalError(
      'BAD_RESPONSE',
      `What answers at ${url} is no node of Shoal (HTTP status ${status}).`,
    )
  }
  const said = [problem.detail, problem.title].find((value) => typeof value === 'string' && value !== '')
  const message = problem.code === 'UNAUTHENTICATED' ? tokenAdvice(url, token) : (said as string | undefined)
  return new ShoalError(problem.code, message, detailsOf(problem))
}

/** The error that a line of a stream stands for; undefined for every other line. */
export function errorOfEvent(value: unknown): ShoalError | undefined {
  if (typeof value !== 'object' || value === null || !('event' in value) || value.event !== 'error')
    return undefined
  const { code, message, ...rest } = value as { code?: unknown; message?: unknown; details?: unknown }
  const known: ErrorCode = isErrorCode(code) ? code : 'BAD_RESPONSE'
  return new ShoalError(known, typeof message === 'string' ? message : undefined, detailsOf(rest))
}

/** What to do when a node does not take a token, or wants one. */
export function tokenAdvice(url: string, token: string | undefined): string {
  return token === undefined
    ? `The node at ${url} wants its token. Run this as the user who runs the node, give its --data folder, or set SHOAL_TOKEN.`
    : `The node at ${url} does not take this token. Give its --data folder, or the right SHOAL_TOKEN.`
}

function detailsOf(problem: Record<string, unknown>): { details?: Record<string, unknown> } {
  const { details } = problem
  return typeof details === 'object' && details !== null && !Array.isArray(details)
    ? { details: details as Record<string, unknown> }
    : {}
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
