import { token } from '../state/token.ts'
import { errorOf, unreachable } from './errors.ts'
import { linesOf } from './lines.ts'

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Sent as JSON. */
  json?: unknown
  /** Sent as it is. */
  body?: Blob
  headers?: Record<string, string>
  signal?: AbortSignal | undefined
}

/**
 * One request to the node, with the token when there is one.
 *
 * @throws ApiError for every answer that is none of 2xx or 304, and when the node cannot be reached
 */
export async function call(path: string, options: CallOptions = {}): Promise<Response> {
  const { method = 'GET', json, body, signal } = options
  const headers = new Headers(options.headers)
  const secret = token.get()
  if (secret) headers.set('authorization', `Bearer ${secret}`)
  if (json !== undefined) headers.set('content-type', 'application/json')
  try {
    const response = await fetch(path, {
      method,
      headers,
      body: json === undefined ? (body ?? null) : JSON.stringify(json),
      signal: signal ?? null,
      cache: 'no-store',
    })
    if (response.ok || response.status === 304) return response
    if (response.status === 401 && secret) token.refused()
    throw await errorOf(response)
  } catch (error) {
    throw unreachable(error)
  }
}

/** The JSON of an answer; undefined for one without a body. */
export async function ask<T>(path: string, options?: CallOptions): Promise<T> {
  const response = await call(path, options)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

/** The objects of an answer in NDJSON, as they come. */
export async function* stream<T>(path: string, options?: CallOptions): AsyncGenerator<T> {
  const response = await call(path, options)
  try {
    for await (const line of linesOf(response.body!)) if (line.trim() !== '') yield JSON.parse(line) as T
  } catch (error) {
    throw unreachable(error)
  }
}

/** `/api/v1/…?…` without the parameters that are undefined or empty. */
export function address(
  path: string,
  query: Record<string, string | number | boolean | undefined> = {},
): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '')
  if (given.length === 0) return path
  return `${path}?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`
}
