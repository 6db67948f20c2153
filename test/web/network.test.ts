import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { closing, launchBrowser, NO_BROWSER, openPage } from '../support/browser.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** Would run if a page took it for markup. */
const HARMFUL = '<img src=x onerror=pwned()>'

let browser: Browser
before(async () => {
  if (!NO_BROWSER) browser = await launchBrowser()
})
after(() => browser?.close())

test('the pages of the network and of statistics', { skip: NO_BROWSER }, async (t) => {
  await using world = newWorld()
  const share = world.folder('shared')
  writeFileSync(join(share, 'harbour map.txt'), 'the harbour')
  const b = await world.startNode({ name: 'b', args: ['--name', HARMFUL], shares: [share] })
  const peer = ['--peer', b.ready.grpc]
  const a = await world.startNode({ name: 'a', args: peer })
  await world.startNode({ name: 'c', args: peer })
  await until('a finds what b shares', async () => {
    const { lines } = await world.shoal(['search', 'harbour', '--json'], a)
    return lines.some(({ event }) => event === 'hit') || undefined
  })
  const { page, faults } = await openPage(browser, a, { path: '/network' })
  closing(t, page)

  await t.test('the map shows the peers, and the way of a search', async () => {
    await page.locator('.map-peer').nth(1).waitFor()
    const label = `${HARMFUL}, alive`
    const harmful = page.locator(`.map-peer[aria-label^=${JSON.stringify(label)}]`)
    await harmful.waitFor()
    await page.locator('.way input').fill('harbour')
    await page.locator('.way button').click()
    await page.locator('.way p', { hasText: '“harbour” found 1 result' }).waitFor()
    await page.locator('.map-line').first().waitFor({ state: 'attached' })
  })

  await t.test('a peer is found by the keyboard, and in the table', async () => {
    await page.locator('.map-peer[tabindex="0"]').focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('Enter')
    const picked = page.locator('.map-peer[aria-pressed="true"]')
    const peerId = await picked.getAttribute('data-peer')
    assert.equal(await page.locator('.peer-details code').textContent(), peerId)
    await page.locator('.peer-filter input[type="search"]').fill(peerId!)
    await page.locator('.peers tbody tr').nth(1).waitFor({ state: 'detached' })
    assert.equal(await page.locator('.peers tbody tr').count(), 1)
  })

  await t.test('the checks come when they are asked for', async () => {
    await page.locator('.reach-check button').click()
    await page.locator('.check').nth(3).waitFor()
    assert.match((await page.locator('.checks').textContent()) ?? '', /Reachability/)
  })

  await t.test('statistics: plots, and the log of searches with who answered', async () => {
    await page.locator('.nav a[href="/stats"]').click()
    await page.locator('.plot-host canvas').nth(3).waitFor()
    const row = page.locator('.log-words', { hasText: 'harbour' }).first()
    await row.click()
    const answered = (await page.locator('.log-more').textContent()) ?? ''
    assert.ok(answered.includes(HARMFUL), answered)
    assert.ok(answered.includes(b.ready.peerId.slice(0, 6)), answered)
  })

  assert.deepEqual(faults, [])
})
