import type { FastifyRequest } from 'fastify'
import type { Span, Tracing } from '../base/tracing.ts'
import type { Api } from './context.ts'
import { routeOf } from './metrics/http.ts'

/** A span of each request to `app`; what is done for it is part of it. Names after https://opentelemetry.io/docs/specs/semconv/http/http-spans/. */
export function traceRequests(app: Api, tracing: Tracing): void {
  const spans = new WeakMap<FastifyRequest, Span>()
  app.addHook('onRequest', (request, _reply, done) => {
    const { method, headers } = request
    const route = routeOf(request)
    const span = tracing.start(`${method} ${route}`, {
      kind: 'server',
      attributes: { 'http.request.method': method, 'http.route': route },
      traceparent: typeof headers.traceparent === 'string' ? headers.traceparent : undefined,
    })
    spans.set(request, span)
    tracing.run(span, done)
  })
  app.addHook('onResponse', async (request, { statusCode }) => {
    const span = spans.get(request)
    if (!span) return
    span.set({ 'http.response.status_code': statusCode })
    // Wrong requests are no faults of the server.
    if (statusCode >= 500) span.fail(new Error(String(statusCode)))
    span.end()
  })
}
