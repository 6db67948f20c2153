/** What a `traceparent` header says of the span that asked. */
export interface RemoteSpan {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote: true
}

/** https://www.w3.org/TR/trace-context/#traceparent-header; undefined for what is none. */
export function parseTraceparent(text: string): RemoteSpan | undefined {
  const [, version, traceId, spanId, flags, more] =
    /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/.exec(text) ?? []
  if (!version || !traceId || !spanId || !flags || version === 'ff') return undefined
  // Later versions may say more.
  if (more !== undefined && version === '00') return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}
