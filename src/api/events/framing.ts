/** How events become bytes of an HTTP body. */
export interface Framing<T> {
  readonly contentType: string
  frame(event: T): string
  /** Sent between frames while nothing happens, so that nobody takes the stream for dead; readers skip it. */
  readonly keepAlive: string
}

/**
 * One JSON object a line (https://github.com/ndjson/ndjson-spec). Keeping alive adds a space before the next
 * object, which JSON allows, and no line.
 */
export const NDJSON: Framing<object> = {
  contentType: 'application/x-ndjson; charset=utf-8',
  frame: (event) => `${JSON.stringify(event)}\n`,
  keepAlive: ' ',
}

/** An event for {@link SSE}; `data` is JSON text already. */
export interface ServerSentEvent {
  readonly id?: string
  readonly event: string
  readonly data: string
}

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). JSON has no line ends,
 * so one data line does.
 */
export const SSE: Framing<ServerSentEvent> = {
  contentType: 'text/event-stream; charset=utf-8',
  frame: ({ id, event, data }) =>
    `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`,
  keepAlive: ':\n\n',
}

/** Objects as server-sent events named after their field `event`, or `fallback` when they have none. */
export function eventStreamOf(fallback: string): Framing<object> {
  return {
    contentType: SSE.contentType,
    keepAlive: SSE.keepAlive,
    frame: (object) => {
      const name = 'event' in object && typeof object.event === 'string' ? object.event : fallback
      return SSE.frame({ event: name, data: JSON.stringify(object) })
    },
  }
}

/** True when the client asks for server-sent events rather than NDJSON. */
export function wantsEventStream(accept: string | undefined): boolean {
  return /(^|,)\s*text\/event-stream\s*(;|,|$)/i.test(accept ?? '')
}
