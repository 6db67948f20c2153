import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import type { BrowserContextOptions } from 'playwright-core'
import { launchBrowser, NO_BROWSER, openPage } from '../support/browser.ts'
import { newWorld } from '../support/shoal.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

test('the page of the API can be read by everybody: light, dark, on a phone', {
  skip: NO_BROWSER,
}, async () => {
  await using world = newWorld()
  const node = await world.startNode()
  const browser = await launchBrowser()
  try {
    const looks: BrowserContextOptions[] = [
      { colorScheme: 'light' },
      { colorScheme: 'dark' },
      { colorScheme: 'light', viewport: { width: 390, height: 800 } },
    ]
    for (const look of looks) {
      // The page has a policy by which not even this may run in it.
      const { page, faults } = await openPage(browser, node, { path: '/docs', ...look, bypassCSP: true })
      await page.getByRole('link', { name: 'startDownload', exact: true }).first().click()
      const article = page.locator('#startDownload')
      assert.ok((await article.boundingBox())!.y < 200, 'the contents lead to it')
      assert.match((await article.textContent()) ?? '', new RegExp(`'${node.ready.http}/api/v1/downloads'`))
      await page.locator('details').evaluateAll((all) => {
        for (const each of all) each.setAttribute('open', '')
      })
      const wide = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.ok(Number(wide) <= 0, `it is ${wide} px too wide`)
      await page.evaluate(AXE)
      const found = (await page.evaluate('axe.run()')) as {
        violations: { id: string; nodes: { html: string }[] }[]
      }
      assert.deepEqual(
        found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html.slice(0, 200)}`),
        [],
      )
      assert.deepEqual(faults, [])
      await page.context().close()
    }
  } finally {
    await browser.close()
  }
})
