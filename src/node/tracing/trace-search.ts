import type { SearchEvent } from '../../api/node-port.ts'
import type { Clock } from '../../base/clock.ts'
import type { Span, Tracing } from '../../base/tracing.ts'

/** The same events, and a span of the search with one of each locator in it. */
export function traceSearch(
  events: AsyncIterable<SearchEvent>,
  tracing: Tracing,
  clock: Pick<Clock, 'now'>,
): AsyncIterable<SearchEvent> {
  return {
    [Symbol.asyncIterator]() {
      const startMs = clock.now()
      const span = tracing.start('search')
      const inner = tracing.run(span, () => events[Symbol.asyncIterator]())
      return {
        async next() {
          try {
            const result = await tracing.run(span, () => inner.next())
            if (result.done) span.end()
            else if (result.value.type === 'done') tellLocators(result.value, { span, tracing, startMs })
            return result
          } catch (error) {
            span.fail(error)
            span.end()
            throw error
          }
        },
        async return() {
          span.end()
          return (await inner.return?.()) ?? { value: undefined, done: true }
        },
      }
    },
  }
}

function tellLocators(
  { hits, reason, via }: Extract<SearchEvent, { type: 'done' }>,
  { span, tracing, startMs }: { span: Span; tracing: Tracing; startMs: number },
): void {
  span.set({ 'shoal.hits': hits, 'shoal.reason': reason })
  for (const [locator, report] of Object.entries(via)) {
    const { hits: found, messages, asked, bytes, ms, stopped, error } = report
    const part = tracing.start(`search ${locator}`, {
      parent: span,
      startMs,
      attributes: {
        ...{ 'shoal.locator': locator, 'shoal.hits': found, 'shoal.messages': messages },
        ...{ 'shoal.asked': asked, 'shoal.bytes': bytes },
        ...(stopped !== undefined && { 'shoal.stopped': stopped }),
      },
    })
    if (error) part.fail(error)
    part.end(startMs + ms)
  }
}
