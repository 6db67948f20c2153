import type { Problem } from './types.ts'

/** A request that the node refused, or that did not reach it (`code` UNREACHABLE). The message says what to do. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly code: string
  readonly status: number
  readonly details: Record<string, unknown>

  constructor({ detail, code, status, details = {} }: Problem, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
    this.status = status
    this.details = details
  }
}

/** The error of an answer that is none of 2xx. */
export async function errorOf(response: Response): Promise<ApiError> {
  const fallback = {
    status: response.status,
    code: 'UNKNOWN',
    detail: `The node answered ${response.status}.`,
  }
  try {
    const problem = (await response.json()) as Partial<Problem>
    return new ApiError({ ...fallback, ...problem })
  } catch {
    return new ApiError(fallback)
  }
}

/** What `fetch` throws, as an {@link ApiError}; an abort stays what it is. */
export function unreachable(error: unknown): unknown {
  if (error instanceof ApiError || isAbort(error)) return error
  return new ApiError(
    {
      status: 0,
      code: 'UNREACHABLE',
      detail: 'The node does not answer. Is it running? Start it with: shoal start',
    },
    { cause: error },
  )
}

/** Whether somebody has called it off: nothing to tell of. */
export const isAbort = (error: unknown): boolean => error instanceof Error && error.name === 'AbortError'

/** For people: what is wrong and what to do. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
