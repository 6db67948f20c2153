export type Attributes = Readonly<Record<string, string | number | boolean>>

export interface SpanOptions {
  /** Who began it: this process (the default), somebody who called it, or it, calling somebody. */
  readonly kind?: 'internal' | 'server' | 'client'
  readonly attributes?: Attributes
  /** Default: what {@link Tracing.run} is running in. */
  readonly parent?: Span | undefined
  /** `traceparent` of whoever asked (https://www.w3.org/TR/trace-context/); goes before `parent`, unless it is none. */
  readonly traceparent?: string | undefined
  /** When it began, ms since the Unix epoch. Default: now. */
  readonly startMs?: number
}

/** A piece of work with a beginning and an end. */
export interface Span {
  set(attributes: Attributes): void
  /** It did not work. */
  fail(error: unknown): void
  /** @param endMs ms since the Unix epoch; default: now */
  end(endMs?: number): void
}

/**
 * Notes what takes how long, for whoever has asked for it; undefined where nobody has, and then it costs nothing. Names and attributes hold no words that
 * are searched for, no names of files and no paths.
 */
export interface Tracing {
  start(name: string, options?: SpanOptions): Span
  /** Spans that `fn` starts, and what it waits for, are part of `span`. */
  run<T>(span: Span, fn: () => T): T
}
