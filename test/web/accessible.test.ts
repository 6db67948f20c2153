import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { violations } from '../support/axe.ts'
import { launchBrowser, NO_BROWSER, openPage, tokenOf } from '../support/browser.ts'
import { keptNamed, orderNamed, withCopies } from '../support/copies.ts'
import { writeRandomFile } from '../support/files.ts'
import { askNode } from '../support/hostile-world.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const PAGES = [
  '/',
  '/transfers',
  '/library',
  '/copies',
  '/network',
  '/stats',
  '/wishes',
  '/settings',
  '/open',
]
const MIB = 1024 * 1024

describe('everybody can use the pages', { skip: NO_BROWSER, timeout: 280_000 }, () => {
  const world = newWorld()
  let browser: Browser
  let lonely: ShoalProcess
  let owner: ShoalProcess
  let busy: ShoalProcess

  before(async () => {
    browser = await launchBrowser()
    const share = world.folder('harbour')
    mkdirSync(join(share, 'pictures'))
    for (let index = 0; index < 30; index++)
      writeFileSync(join(share, `harbour ${index}.txt`), `harbour, text ${index}`)
    writeFileSync(join(share, 'pictures', 'harbour.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
    writeRandomFile(join(share, 'harbour film.bin'), 40 * MIB)
    ;[lonely, owner] = await Promise.all([
      world.startNode({ name: 'lonely', args: ['--discovery', 'dht'] }),
      world.startNode({ name: 'owner', shares: [share] }),
    ])
    busy = await world.startNode({
      name: 'busy',
      shares: [world.folder('own')],
      args: ['--peer', owner.ready.grpc],
    })
    writeFileSync(join(world.folder('own'), 'own harbour.txt'), 'mine')
    assert.equal((await world.shoal(['config', 'set', 'uploadLimitLan', '200KiB/s'], owner)).code, 0)
    const hits = await until('all is found', async () => {
      const { lines } = await world.shoal(['search', 'harbour', '--json'], busy)
      return lines.length > 32 ? lines.filter(({ event }) => event === 'hit') : undefined
    })
    const ask = (path: string, json: object) => askNode(busy, path, tokenOf(busy), json)
    await ask('/api/v1/wishes', { words: 'harbour' })
    for (const { cid, name, kind } of hits.slice(0, 6))
      if (kind === 'file' && name !== 'harbour film.bin')
        await ask('/api/v1/downloads', { target: cid, name })
    const film = hits.find(({ name }) => name === 'harbour film.bin')!
    await ask('/api/v1/downloads', { target: film.cid, name: film.name })
  })
  after(async () => {
    await browser?.close()
    await world[Symbol.asyncDispose]()
  })

  const opened = async (node: ShoalProcess, path: string, width = 1280) => {
    const { page } = await openPage(browser, node, { path, viewport: { width, height: 850 } })
    await shown(page)
    return page
  }
  const shown = async (page: Page) => {
    await page.locator('main h1').waitFor({ state: 'attached' })
    await page.waitForTimeout(300)
  }
  const hold = async (page: Page, where: string) => assert.deepEqual(await violations(page), [], where)
  /** One after the other, as somebody goes through them. */
  const holdAll = async (page: Page, node: ShoalProcess, paths: readonly string[], how: string) => {
    for (const path of paths) {
      await page.goto(node.ready.http + path)
      await shown(page)
      await hold(page, `${path}, ${how}`)
    }
  }

  test(`nothing here yet`, async () => {
    const page = await opened(lonely, '/')
    await holdAll(page, lonely, PAGES, 'nothing here')
    await page.context().close()
  })

  test(`much here, in a window and on a phone`, async () => {
    for (const width of [1280, 390]) {
      const page = await opened(busy, '/', width)
      const paths = ['/?q=harbour', ...PAGES.slice(1), '/transfers?show=history']
      await holdAll(page, busy, paths, `at ${width}`)
      await page.context().close()
    }
    const page = await opened(owner, '/')
    await holdAll(page, owner, ['/transfers?show=uploads', '/library', '/stats'], 'at 1280')
    await page.context().close()
  })

  test(`not signed in`, async () => {
    const page = await opened(busy, '/')
    await page.evaluate('localStorage.clear()')
    await holdAll(page, busy, PAGES, 'not signed in')
    await page.context().close()
  })

  test(`what opens: dialogs, details, messages, errors`, async () => {
    const search = await opened(busy, '/?q=harbour')
    await search.locator('.hit-name').nth(1).click()
    await search.getByRole('dialog').waitFor()
    await search.waitForTimeout(300)
    await hold(search, 'details of a result')
    await search.keyboard.press('Escape')
    await search.getByRole('button', { name: 'Look at it' }).first().click()
    await search.getByRole('dialog').waitFor()
    await hold(search, 'preview')
    await search.keyboard.press('Escape')
    await search.locator('.costs summary').click()
    await search.getByRole('button', { name: 'Save to the wish list' }).click()
    await hold(search, 'costs, and an error or a message')
    await search.context().close()

    const transfers = await opened(busy, '/transfers')
    await transfers.getByRole('button', { name: 'Limits' }).click()
    await transfers.locator('.transfer-name').first().click()
    await transfers.locator('.cells').waitFor()
    await hold(transfers, 'limits and blocks')
    await transfers.getByRole('button', { name: 'Cancel' }).first().click()
    await hold(transfers, 'a question')
    await transfers.context().close()

    const library = await opened(owner, '/library')
    for (const name of ['Link', 'Keep copies with peers…', 'Stop sharing']) {
      await library.locator('.virtual').getByRole('button', { name }).first().click()
      await library.getByRole('dialog').waitFor()
      await library.waitForTimeout(300)
      await hold(library, name)
      await library.keyboard.press('Escape')
    }
    await library.getByLabel('Path of a folder or file on the computer of the node').fill('/nowhere')
    await library.getByRole('button', { name: 'Share', exact: true }).click()
    await library.getByRole('alert').waitFor()
    await hold(library, 'an error')
    await library.context().close()

    const copies = await opened(owner, '/')
    const orders = ['harbour', 'film'].map((name, index) => orderNamed(name, index, ['ada', 'ben']))
    await withCopies(copies, { orders, kept: [keptNamed('a', 1, 'ben'), keptNamed('b', 2)], asked: [] })
    await holdAll(copies, owner, ['/copies'], 'much here')
    await copies.getByRole('button', { name: 'Stop keeping' }).first().click()
    await copies.getByRole('dialog').waitFor()
    await hold(copies, 'whether copies are to be dropped')
    await copies.context().close()

    const network = await opened(busy, '/network')
    await network.locator('.map-peer').first().click()
    await network.locator('.reach-check button').click()
    await network.locator('.check').nth(3).waitFor()
    await hold(network, 'a peer and the checks')
    await network.context().close()

    const stats = await opened(busy, '/stats')
    await stats.locator('.log-words').first().click()
    await hold(stats, 'who answered')
    await stats.context().close()
  })
})
