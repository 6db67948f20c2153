import { ApiError, unreachable } from '../../api/errors.ts'
import type { Problem } from '../../api/types.ts'
import { token } from '../../state/token.ts'

export interface SendOptions {
  readonly signal: AbortSignal
  /** Bytes that have left so far. */
  readonly onProgress: (sentBytes: number) => void
}

/**
 * Sends a file to the node, which keeps and shares it. By `XMLHttpRequest`: `fetch` does not tell how far it is.
 *
 * @throws ApiError; AbortError when the signal says so
 */
export function sendFile(file: File, { signal, onProgress }: SendOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    const onAbort = () => request.abort()
    const settle = (end: () => void) => {
      signal.removeEventListener('abort', onAbort)
      end()
    }
    request.open('PUT', `/api/v1/library/files/${encodeURIComponent(file.name.toWellFormed())}`)
    const secret = token.get()
    if (secret) request.setRequestHeader('authorization', `Bearer ${secret}`)
    request.setRequestHeader('content-type', 'application/octet-stream')
    request.upload.onprogress = ({ loaded }) => onProgress(loaded)
    request.onload = () =>
      settle(() => {
        if (request.status >= 200 && request.status < 300) return resolve()
        if (request.status === 401 && secret) token.refused()
        reject(problemOf(request))
      })
    request.onerror = () => settle(() => reject(unreachable(new Error('the connection broke'))))
    request.onabort = () => settle(() => reject(new DOMException('Stopped.', 'AbortError')))
    if (signal.aborted) return request.onabort(new ProgressEvent('abort'))
    signal.addEventListener('abort', onAbort, { once: true })
    request.send(file)
  })
}

function problemOf({ status, responseText }: XMLHttpRequest): ApiError {
  const fallback = { status, code: 'UNKNOWN', detail: `The node answered ${status}.` }
  try {
    return new ApiError({ ...fallback, ...(JSON.parse(responseText) as Partial<Problem>) })
  } catch {
    return new ApiError(fallback)
  }
}
