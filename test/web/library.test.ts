import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Locator, Page } from 'playwright-core'
import { REPLICA_BOUNDS } from '../../src/api/views/replica-view.ts'
import { launchBrowser, NO_BROWSER, openPage } from '../support/browser.ts'
import { type Copies, keptNamed, withCopies } from '../support/copies.ts'
import { writeRandomFile } from '../support/files.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'

const MIB = 1024 * 1024
/** More than three pages of the list. */
const FILES = 650

describe('the pages of the library and of links', { skip: NO_BROWSER }, () => {
  const world = newWorld()
  let browser: Browser
  let ada: ShoalProcess
  let ben: ShoalProcess

  before(async () => {
    browser = await launchBrowser()
    // Nobody tells the one of the other: what ben knows, a link has told him.
    const alone = { args: ['--discovery', 'dht'] }
    ;[ada, ben] = await Promise.all([
      world.startNode({ ...alone, name: 'ada' }),
      world.startNode({ ...alone, name: 'ben' }),
    ])
  })
  after(async () => {
    await browser?.close()
    await world[Symbol.asyncDispose]()
  })

  test('a folder by its path; its files page by page; one is found, looked at, and not shared any more', async () => {
    const share = world.folder('many')
    for (let i = 0; i < FILES; i++)
      writeFileSync(join(share, `file ${String(i).padStart(4, '0')}.txt`), `text ${i}`)
    writeFileSync(join(share, '.hidden'), 'x')
    const { page, faults } = await openPage(browser, ada, { path: '/library' })
    await page.getByLabel('Path of a folder or file on the computer of the node').fill(share)
    await page.getByRole('button', { name: 'Share', exact: true }).click()
    await page.getByText(`Shared: ${FILES} files`).waitFor()
    await page.getByText('.hidden: hidden', { exact: false }).waitFor()
    await page.getByRole('article', { name: 'file 0000.txt' }).waitFor()
    assert.ok((await page.getByRole('article').count()) < 60, 'only what is seen is in the page')
    const last = page.getByRole('article', { name: `file 0${FILES - 1}.txt` })
    while (!(await last.isVisible())) {
      await page.mouse.wheel(0, 5000)
      await page.waitForTimeout(50)
    }
    await page.evaluate('scrollTo(0, 0)')

    await page.getByLabel('Words in name or folder').fill('0042')
    const file = page.getByRole('article', { name: 'file 0042.txt' })
    await page.getByText('1 file', { exact: true }).waitFor()
    await file.getByRole('button', { name: 'Look at it' }).click()
    await page.getByRole('dialog').getByText('text 42', { exact: true }).waitFor()
    await page.keyboard.press('Escape')
    await file.getByRole('button', { name: 'Stop sharing' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop sharing' }).click()
    await page.getByText('No shared file has these words.').waitFor()
    assert.equal(readFileSync(join(share, 'file 0042.txt'), 'utf8'), 'text 42', 'no file is deleted')

    await page.getByRole('button', { name: 'Verify all' }).click()
    await page.getByText(/^Done: 649 files, .*nothing wrong\.$/).waitFor()
    assert.deepEqual(faults, [])
    await page.context().close()
  })

  test('files that are chosen, and a drop: sent, shared, and their link leads another node to them', async () => {
    const path = join(world.root, 'Grüße <b>&.bin')
    const sha256 = writeRandomFile(path, 12 * MIB)
    const { page, faults } = await openPage(browser, ada, { path: '/library' })
    await page.locator('input[type=file]').setInputFiles([path])
    await page.getByText('Sent through this page: 1 of 1').waitFor()
    const drop = await page.evaluateHandle(
      `(() => { const t = new DataTransfer(); t.items.add(new File(['dropped'], 'dropped.txt')); return t })()`,
    )
    await page.dispatchEvent('h1', 'dragover', { dataTransfer: drop })
    await page.dispatchEvent('h1', 'drop', { dataTransfer: drop })
    await page.getByText('Sent through this page: 2 of 2').waitFor()
    await page.getByLabel('Words in name or folder').fill('dropped')
    await page.getByRole('article', { name: 'dropped.txt' }).waitFor()
    await page.getByLabel('Words in name or folder').fill('Grüße')
    const file = page.getByRole('article', { name: 'Grüße <b>&.bin' })
    await file.getByRole('button', { name: 'Link' }).click()
    const link = await page.getByLabel('Link for Shoal').inputValue()
    await page.getByRole('img', { name: 'The link for Shoal as a QR code' }).waitFor()
    assert.match(link, /^shoal:bafy/)
    await page.keyboard.press('Escape')
    await copiesOf(page, file, link)
    assert.deepEqual(faults, [])
    await page.context().close()

    const other = await openPage(browser, ben, { path: '/open' })
    await other.page.getByLabel('Link or CID').fill(link)
    await other.page.getByRole('button', { name: 'Open', exact: true }).click()
    await other.page.getByRole('heading', { name: 'Grüße <b>&.bin' }).waitFor()
    await other.page.getByText('12.0 MiB', { exact: false }).waitFor()
    await other.page.getByRole('button', { name: 'Get' }).click()
    await other.page.getByText('Here already').waitFor()
    const { lines } = await world.shoal(['ls', '--json'], ben)
    assert.equal(lines.find(({ event }) => event === 'entry')?.sha256 ?? lines[0]?.sha256, sha256)
    assert.deepEqual(other.faults, [])
    await other.page.context().close()
  })

  test('a link that is none gets the words of the node; without the token nothing is opened', async () => {
    const expected = [/status of 40[01]/]
    const bad = await openPage(browser, ben, { path: '/open?link=shoal:nonsense', expected })
    await bad.page.getByRole('alert').waitFor()
    assert.doesNotMatch((await bad.page.getByRole('alert').textContent()) ?? '', /Sign in/)
    await bad.page.evaluate('localStorage.clear()')
    await bad.page.reload()
    await bad.page.getByText('Sign in first', { exact: false }).waitFor()
    assert.deepEqual(bad.faults, [])
    await bad.page.context().close()
  })
})

/** Peers are asked to keep a file, by the page; they are checked and left, and what is kept for others is pinned and unpinned. */
async function copiesOf(page: Page, file: Locator, link: string): Promise<void> {
  const copies: Copies = { orders: [], kept: [keptNamed('a', 1, 'ben'), keptNamed('b', 2)], asked: [] }
  await withCopies(page, copies)
  const dialog = page.getByRole('dialog')
  await file.getByRole('button', { name: 'Keep copies with peers…' }).click()
  await dialog.getByLabel('How many copies').fill(String(REPLICA_BOUNDS.maxReplicas + 1))
  await dialog.getByRole('button', { name: 'Keep copies' }).click()
  assert.equal(copies.asked.length, 0, 'too many are not sent')
  await dialog.getByLabel('How many copies').fill('2')
  await dialog.getByLabel('For how many days').fill('90')
  await dialog.getByRole('button', { name: 'Keep copies' }).click()
  await page.getByText('Peers are asked for 2 copies.').waitFor()
  assert.match(copies.asked.pop()!, /^POST \/api\/v1\/replicas \{"cid":"bafy\w+","replicas":2,"days":90\}$/)
  await page.getByRole('button', { name: 'Show' }).click()
  const order = page.getByRole('article', { name: 'ordered' })
  await order.getByText('1 of 2 copies').waitFor()
  await order.getByText('fetches it 40 %').waitFor()
  await order.getByRole('button', { name: 'Check now' }).click()
  await order.getByRole('button', { name: 'Stop keeping' }).click()
  await dialog.getByRole('button', { name: 'Stop keeping' }).click()
  await page.getByText('No copies are ordered yet.').waitFor()
  await page.getByText('1 peer is away and will be told later.').waitFor()
  await page.getByLabel('CID, link or exact file name of what to keep').fill(link)
  await page.getByRole('button', { name: 'Pin', exact: true }).click()
  await page.getByRole('button', { name: 'Unpin pinned here' }).waitFor()
  await page.getByRole('button', { name: 'Pin a' }).click()
  await page.getByRole('button', { name: 'Unpin a' }).click()
  await page.getByRole('button', { name: 'Pin a', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Unpin b' }).click()
  await dialog.getByRole('button', { name: 'Unpin' }).click()
  await page.getByRole('button', { name: 'Unpin b' }).waitFor({ state: 'detached' })
  assert.deepEqual(
    copies.asked.map((each) => each.replace(/bafy\w+/, (cid) => (cid.length > 20 ? 'CID' : cid))),
    [
      ...['POST /api/v1/replicas/CID/prove', 'DELETE /api/v1/replicas/CID'],
      'PUT /api/v1/pins/CID {"name":"Grüße <b>&.bin"}',
      ...['PUT /api/v1/pins/bafykept1 {}', 'DELETE /api/v1/pins/bafykept1', 'DELETE /api/v1/pins/bafykept2'],
    ],
  )
}
