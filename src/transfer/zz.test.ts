import { after, test } from 'node:test'
import { BLOCK_SIZE } from '../content/cid.ts'
import { content, TestWorld, twistBlocks } from './test-world.ts'

const world = new TestWorld()
after(() => world.close())
for (let i = 0; i < 12; i++)
  test('x' + i, async () => {
    const bytes = content(8 * BLOCK_SIZE, 10)
    const times: string[] = []
    const t0 = performance.now()
    const log = (s: string) => times.push(`${Math.round(performance.now() - t0)} ${s}`)
    const first = await world.peer('gone' + i, {
      twist: (service) => ({
        ...service,
        getBlocks: async function* (r, ctx) {
          ctx.signal.addEventListener('abort', () => log('ctx abort'))
          try {
            yield* twistBlocks(function* (message) {
              if (message.response?.case === 'block')
                log(`send ${message.response.value.index} ${message.response.value.offset}`)
              if (message.response?.case === 'block' && message.response.value.index === 5)
                throw new Error('broken')
              yield message
            })(service).getBlocks(r, ctx)
          } catch (e) {
            log('threw ' + e)
            throw e
          } finally {
            log('finally')
          }
        },
      }),
    })
    const { cid } = await first.share('f', bytes)
    const fetcher = await world.fetcher('gone-to' + i, {
      providers: () => [first.provider],
      options: { resolveTimeoutMs: 200, retryBaseMs: 60_000, retryMaxMs: 60_000 },
    })
    const { id } = await fetcher.downloads.add({ cid })
    const v = await fetcher.until(id, (view) => view.waitingFor === 'providers' && view.dropped.length > 0)
    log(JSON.stringify(v.dropped))
    console.log(times.join(' | '))
  })
