import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser, NO_BROWSER } from '../support/browser.ts'
import { inspected } from '../support/hostile-page.ts'

const CASES: readonly [what: string, html: string, script: string, fault: RegExp][] = [
  ['nothing', '<p title="fine">plain, שלום, 👩‍👧</p>', '', /^$/],
  ['a turned text', '<p id="a"></p>', `a.textContent = 'a\\u202eb'`, /^characters: <p/],
  ['an escape in a hint', '<p id="a">b</p>', `a.title = '\\u001b[2J'`, /^characters in title/],
  ['a turned value', '<input id="a" readonly>', `a.value = '\\u2066'`, /^characters in value/],
  ['a picture', '<img src="x">', '', /^source: <img/],
  ['a handler', '<p onclick="1">a</p>', '', /^attribute onclick/],
  ['a link that runs', '<a href="javascript:1">a</a>', '', /^link/],
  ['a page in the page', '<iframe srcdoc="x"></iframe>', '', /^attribute srcdoc/],
  ['something wide', '<div style="width: 900px">a</div>', '', /^the page is \d+ px too wide/],
  [
    'something beside the page',
    '<div style="position: absolute; left: -50px">a</div>',
    '',
    /^outside of the window by/,
  ],
]

describe('what names must not do to a page is found', { skip: NO_BROWSER }, () => {
  let browser: Browser
  before(async () => {
    browser = await launchBrowser()
  })
  after(() => browser?.close())

  for (const [what, html, script, fault] of CASES)
    test(what, async () => {
      const page = await browser.newPage({ viewport: { width: 360, height: 600 } })
      await page.setContent(`<title>t</title><main>${html}</main>`)
      await page.evaluate(script)
      assert.match((await inspected(page))[0] ?? '', fault)
      await page.close()
    })
})
