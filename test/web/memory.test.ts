import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import type { DownloadView } from '../../src/api/node-port.ts'
import { viewOf } from '../../src/api/testing/fake-node.ts'
import { BEARER, startApi, TOKEN } from '../../src/api/testing/start-api.ts'
import { launchBrowser, NO_BROWSER } from '../support/browser.ts'
import { HeapWatch } from '../support/heap.ts'

/** One a second for a day. */
const EVENTS = 86_400
/** The API lets go of who is further behind than 256. */
const BATCH = 200
const MAX_GROWTH_BYTES = 10 * 1024 * 1024
const DOWNLOADS = 300
const MENU = ['Transfers', 'Library', 'Network', 'Statistics', 'Wish list', 'Settings', 'Search']

describe('memory of a page', { skip: NO_BROWSER, timeout: 280_000 }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  async function opened(t: TestContext, path: string) {
    const { node, url } = await startApi(t)
    for (let index = 0; index < DOWNLOADS; index++)
      node.views.set(`d${index}`, view(index, index % 3 === 0 ? 'running' : 'done'))
    const page = await (await browser.newContext()).newPage()
    t.after(() => page.context().close())
    await page.addInitScript(COUNT_EVENTS)
    await page.goto(`${url}${path}#token=${TOKEN}`)
    await page.locator('main h1').waitFor({ state: 'attached' })
    return { node, url, page, heap: await HeapWatch.of(page) }
  }

  test('a day of events leaves nothing behind, in the page and in the node', async (t) => {
    const { node, url, page, heap } = await opened(t, '/transfers')
    let sent = 0
    const send = async (events: number) => {
      for (const end = sent + events; sent < end; ) {
        for (let left = BATCH; left > 0; left--) node.events.emit(eventOf(sent++))
        await page.evaluate(`heard(${sent})`)
      }
    }
    const eventOf = (number: number) => {
      const index = number % DOWNLOADS
      const kinds = ['download', 'download', 'download', 'peer', 'library', 'search', 'locator']
      const type = kinds[number % kinds.length]!
      const data = type === 'download' ? view(index, 'running', number) : { number, text: `event ${number}` }
      return { type, data }
    }
    await send(5000)
    await setTimeout(500)
    const before = await heap.now()
    await send(EVENTS)
    await setTimeout(500)
    const after = await heap.now()
    assert.ok(after.bytes - before.bytes < MAX_GROWTH_BYTES, told(before, after))
    assert.ok(after.domNodes - before.domNodes < 2000, told(before, after))
    t.diagnostic(told(before, after))
    const debug = (await (await fetch(`${url}/api/v1/debug`, { headers: BEARER })).json()) as {
      api: { events: { kept: number; last: number } }
    }
    assert.ok(
      debug.api.events.last >= EVENTS && debug.api.events.kept <= 1000,
      JSON.stringify(debug.api.events),
    )
  })

  test('pages that were left are gone', async (t) => {
    const { page, heap } = await opened(t, '/')
    const walk = async () => {
      for (const label of MENU) {
        await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: label }).click()
        await page.locator('main h1').waitFor({ state: 'attached' })
        await setTimeout(60)
      }
    }
    for (let round = 0; round < 3; round++) await walk()
    const before = await heap.now()
    for (let round = 0; round < 10; round++) await walk()
    const after = await heap.now()
    t.diagnostic(told(before, after))
    assert.ok(after.bytes - before.bytes < MAX_GROWTH_BYTES / 4, told(before, after))
    assert.ok(after.listeners - before.listeners < 50, told(before, after))
  })
})

function view(index: number, state: DownloadView['state'], turn = 0): DownloadView {
  const done = state === 'done'
  return {
    ...viewOf(`d${index}`, state),
    ...{ name: `file ${index}.bin`, sizeBytes: 1_000_000, doneBytes: done ? 1_000_000 : turn % 1_000_000 },
  }
}

const told = (before: object, after: object): string =>
  `before: ${JSON.stringify(before)}, after: ${JSON.stringify(after)}`

/** Notes the number of the last event that the page has read, and who waits for one. */
const COUNT_EVENTS = `(() => {
  const ask = globalThis.fetch
  let last = 0
  const waiting = new Map()
  globalThis.heard = (number) => last >= number ? undefined : new Promise((done) => waiting.set(number, done))
  const note = (text) => {
    for (const [, number] of text.matchAll(/^id: ?\\S+-(\\d+)$/gm)) last = Math.max(last, Number(number))
    for (const [number, done] of waiting) if (number <= last) waiting.delete(number), done()
  }
  globalThis.fetch = async (path, ...rest) => {
    const answer = await ask(path, ...rest)
    if (!String(path).startsWith('/api/v1/events')) return answer
    const decoder = new TextDecoder()
    const counter = new TransformStream({
      transform(bytes, controller) {
        note(decoder.decode(bytes, { stream: true }))
        controller.enqueue(bytes)
      },
    })
    return new Response(answer.body.pipeThrough(counter), answer)
  }
})()`
