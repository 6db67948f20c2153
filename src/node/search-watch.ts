import type { SearchEvent } from '../api/node-port.ts'

/** The same events; `onDone` hears of the last one. Leaving works at any time, as it does without. */
export function watchSearch(
  events: AsyncIterable<SearchEvent>,
  onDone: (done: Extract<SearchEvent, { type: 'done' }>) => void,
): AsyncIterable<SearchEvent> {
  return {
    [Symbol.asyncIterator]() {
      const inner = events[Symbol.asyncIterator]()
      return {
        async next() {
          const result = await inner.next()
          if (!result.done && result.value.type === 'done') onDone(result.value)
          return result
        },
        return: async () => (await inner.return?.()) ?? { value: undefined, done: true },
      }
    },
  }
}
