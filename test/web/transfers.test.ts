import assert from 'node:assert/strict'
import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { launchBrowser, NO_BROWSER, openPage, tokenOf } from '../support/browser.ts'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const NAME = 'film.bin'

describe('the page of transfers', { skip: NO_BROWSER }, () => {
  const world = newWorld()
  let browser: Browser
  let ada: ShoalProcess
  let fetcher: ShoalProcess
  let cid = ''

  const ok = async (args: string[], on: ShoalProcess) => {
    const { code, stderr } = await world.shoal(args, on)
    assert.equal(code, 0, stderr)
  }
  const begin = async (name: string) => {
    const answer = await fetch(`${fetcher.ready.http}/api/v1/downloads`, {
      method: 'POST',
      headers: { authorization: `Bearer ${tokenOf(fetcher)}`, 'content-type': 'application/json' },
      body: JSON.stringify({ target: cid, name }),
    })
    assert.equal(answer.status, 201)
  }
  const setLimit = (rate: string) => ok(['config', 'set', 'uploadLimitLan', rate], ada)

  before(async () => {
    browser = await launchBrowser()
    const shares = ['ada', 'ben'].map((name) => world.folder(name)) as [string, string]
    writeRandomFile(join(shares[0], NAME), 40 * MIB)
    copyFileSync(join(shares[0], NAME), join(shares[1], NAME))
    const index = await world.startIndex()
    const servers = { index: [index.ready.grpc], args: ['--discovery', 'index'] }
    const [first, second, third] = await Promise.all([
      world.startNode({ ...servers, name: 'ada', shares: [shares[0]] }),
      world.startNode({ ...servers, name: 'ben', shares: [shares[1]] }),
      world.startNode({ ...servers, name: 'fetcher' }),
    ])
    ada = first
    fetcher = third
    for (const owner of [first, second]) await ok(['config', 'set', 'uploadLimitLan', '1MiB/s'], owner)
    cid = await until('both share the file', async () => {
      const { lines } = await world.shoal(['search', 'film', '--json'], fetcher)
      return (lines[0]?.providers as unknown[] | undefined)?.length === 2 ? String(lines[0]?.cid) : undefined
    })
  })
  after(async () => {
    await browser?.close()
    await world[Symbol.asyncDispose]()
  })

  test('a download from two owners: its blocks, its sources, pause, wishes, cancel', async () => {
    await begin(NAME)
    const { page, faults } = await openPage(browser, fetcher, { path: '/transfers' })
    const row = page.getByRole('article', { name: NAME })
    await row.getByRole('button', { name: NAME }).click()
    await row.getByText('40 blocks are here', { exact: false }).waitFor()
    assert.equal(await row.locator('.cells .cell').count(), 40)
    const sources = row.getByRole('table', { name: 'Sources' })
    for (const name of ['ada', 'ben']) await sources.getByRole('row', { name: `${name} ` }).waitFor()
    assert.match((await sources.getByRole('row', { name: 'ada ' }).textContent()) ?? '', /direct/)

    await row.getByLabel('Priority').selectOption('high')
    await row.getByLabel('From the beginning to the end').check()
    const told = await until('the wishes are known', async () => {
      const { lines } = await world.shoal(['downloads', '--json'], fetcher)
      return lines.find((view) => view.priority === 'high' && view.sequential === true)
    })
    assert.equal(told.name, NAME)

    await row.getByRole('button', { name: 'Pause' }).click()
    await row.getByText('Paused', { exact: true }).waitFor()
    await row.getByRole('button', { name: 'Go on' }).click()
    await row.getByText('Downloading', { exact: true }).waitFor()
    await row.locator('.cell.coming').first().waitFor()
    await until('much is here', async () =>
      (await row.locator('.cells .shade-4').count()) > 8 ? true : undefined,
    )
    await row.getByRole('button', { name: 'Cancel' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Keep it' }).click()
    await row.getByText('Downloading', { exact: true }).waitFor()
    await row.getByRole('button', { name: 'Cancel' }).click()
    await dialog.getByRole('button', { name: 'Cancel it' }).click()
    await page.getByText('Nothing is being fetched.').waitFor()
    await page.getByRole('navigation', { name: 'Transfers' }).getByRole('link', { name: 'History' }).click()
    await page.getByRole('article', { name: NAME }).getByText('Cancelled').waitFor()
    await ok(['downloads', 'clear'], fetcher)
    await page.getByText('No download has ended yet.').waitFor()
    await begin('other.bin')
    await ok(['downloads', 'cancel', 'other.bin'], fetcher)
    await page.getByRole('article', { name: 'other.bin' }).waitFor()
    await page.getByRole('button', { name: 'Clear all' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Clear' }).click()
    await page.getByText('No download has ended yet.').waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('an upload is paused, goes on, and is refused', async () => {
    await setLimit('200KiB/s')
    await begin('again.bin')
    const { page, faults } = await openPage(browser, ada, { path: '/transfers?show=uploads' })
    await page.getByRole('button', { name: 'Pause all uploads to this peer' }).click()
    await page.getByRole('heading', { name: 'Not served' }).waitFor()
    await page.getByRole('button', { name: 'Serve again' }).click()
    await page.getByRole('heading', { name: 'Not served' }).waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'End all uploads to this peer' }).first().click()
    await page.getByText(/^Refused until /).waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('limits are set as people write them; what is none is told', async () => {
    const { page, faults } = await openPage(browser, fetcher, { path: '/transfers' })
    await page.getByRole('button', { name: 'Limits' }).click()
    const field = page.getByLabel('All downloads', { exact: true })
    await field.fill('fast')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText('“fast” is no rate.', { exact: false }).waitFor()
    await field.fill('40 Mbit/s')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText('The limits hold now.').waitFor()
    const { stdout } = await world.shoal(['config', 'get', 'downloadLimit'], fetcher)
    assert.match(stdout, /4\.77 MiB\/s|5000000/)
    assert.deepEqual(faults, [])
    await page.context().close()
  })
})
