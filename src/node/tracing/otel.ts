import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Context,
  type Span as OtelSpan,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { toShoalError } from '../../base/errors.ts'
import type { Attributes, Span, SpanOptions, Tracing } from '../../base/tracing.ts'
import { parseTraceparent } from './traceparent.ts'

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
}

/** Spans by OpenTelemetry. */
export class OtelTracing implements Tracing {
  readonly #tracer: Tracer
  readonly #current = new AsyncLocalStorage<Context>()

  constructor(tracer: Tracer) {
    this.#tracer = tracer
  }

  start(name: string, options: SpanOptions = {}): Span {
    const { kind = 'internal', attributes, startMs } = options
    const context = this.#parentOf(options)
    const span = this.#tracer.startSpan(
      name,
      {
        kind: KINDS[kind],
        ...(attributes && { attributes }),
        ...(startMs !== undefined && { startTime: startMs }),
      },
      context,
    )
    return new OtelWrapped(span, trace.setSpan(context, span))
  }

  run<T>(span: Span, fn: () => T): T {
    return span instanceof OtelWrapped ? this.#current.run(span.context, fn) : fn()
  }

  #parentOf({ parent, traceparent }: SpanOptions): Context {
    const remote = traceparent === undefined ? undefined : parseTraceparent(traceparent)
    if (remote) return trace.setSpanContext(ROOT_CONTEXT, remote)
    if (parent instanceof OtelWrapped) return parent.context
    return this.#current.getStore() ?? ROOT_CONTEXT
  }
}

class OtelWrapped implements Span {
  readonly context: Context
  readonly #span: OtelSpan

  constructor(span: OtelSpan, context: Context) {
    this.#span = span
    this.context = context
  }

  set(attributes: Attributes): void {
    this.#span.setAttributes({ ...attributes })
  }

  fail(error: unknown): void {
    // Its code only: messages may name files.
    const { code } = toShoalError(error)
    this.#span.setAttribute('error.type', code)
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: code })
  }

  end(endMs?: number): void {
    this.#span.end(endMs)
  }
}
