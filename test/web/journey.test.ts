import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, NO_BROWSER, openPage, picture, type Watched } from '../support/browser.ts'
import { writeRandomFile } from '../support/files.ts'
import { pdf, png, wav } from '../support/media.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

const MIB = 1024 * 1024
const FILM = 'Harbour at dawn.mkv'
const TALE = 'the harbour\nat dawn <b>not bold</b>\n'

/** What one person does who has never heard of CIDs, from the first page on; SHOAL_PICTURES=1 makes the pictures of the docs from it. */
describe('a person shares, searches, looks, fetches, links, wishes and sets', { skip: NO_BROWSER }, () => {
  const world = newWorld()
  let browser: Browser
  let anna: ShoalProcess
  let ben: ShoalProcess
  let carl: ShoalProcess
  let dora: ShoalProcess
  let own: Watched
  let page: Page

  const goTo = async (name: string) => {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()
    await page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
  }
  /** Until it is over. */
  const search = async (words: string) => {
    await goTo('Search')
    await page.getByRole('searchbox').fill(words)
    const answered = page.waitForResponse((response) => response.url().includes(`/search?`))
    await page.getByRole('button', { name: 'Search', exact: true }).click()
    await answered
    await page.locator('.costs').waitFor()
  }
  const hit = (name: string) => page.locator('.hit', { hasText: name })

  /** For who has the film. */
  const limit = async (rate: string) => {
    for (const node of [anna, dora]) await world.shoal(['config', 'set', 'uploadLimitLan', rate], node)
  }

  before(async () => {
    browser = await launchBrowser()
    const shelf = world.folder('Harbour')
    mkdirSync(join(shelf, 'Sounds'))
    writeRandomFile(join(shelf, FILM), 24 * MIB)
    writeFileSync(join(shelf, 'Harbour in the evening.png'), png(1200, 700))
    writeFileSync(join(shelf, 'Harbour in the morning.png'), png(1200, 700, 2))
    writeFileSync(join(shelf, 'Harbour tale.txt'), TALE)
    writeFileSync(join(shelf, 'Harbour rules.pdf'), pdf('Rules of the harbour'))
    writeFileSync(join(shelf, 'Sounds', 'Harbour bell.wav'), wav(2))
    anna = await world.startNode({ name: 'anna' })
    const peer = ['--peer', anna.ready.grpc]
    const copies = world.folder('Films')
    copyFileSync(join(shelf, FILM), join(copies, FILM))
    ;[ben, carl, dora] = await Promise.all([
      world.startNode({ name: 'ben', args: peer }),
      world.startNode({ name: 'carl', args: peer }),
      world.startNode({ name: 'dora', args: peer, shares: [copies] }),
    ])
  })
  after(async () => {
    await browser?.close()
    await world[Symbol.asyncDispose]()
  })

  test('Anna shares a folder by the page', async () => {
    const watched = await openPage(browser, anna, { path: '/library' })
    const library = watched.page
    await library
      .getByLabel('Path of a folder or file on the computer of the node')
      .fill(join(world.root, 'Harbour'))
    await library.getByRole('button', { name: 'Share', exact: true }).click()
    await library.getByText('Shared: 6 files').waitFor()
    await library.getByRole('article', { name: FILM }).waitFor()
    await picture(library, 'web-library.png')
    assert.deepEqual(watched.faults, [])
    await library.context().close()
  })

  test('Carl opens the page: he is signed in, and the token is in the address no longer', async () => {
    // The browser tells of answers that the page tells of itself.
    own = await openPage(browser, carl, { expected: [/status of (400|429)/] })
    page = own.page
    await page.getByText('What are you looking for?').waitFor()
    assert.equal(new URL(page.url()).hash, '')
    assert.equal(await page.getByRole('button', { name: 'Sign in' }).count(), 0)
  })

  test('he finds by words as he types, filters, and sees what it cost', async () => {
    await page.getByRole('searchbox').pressSequentially('harbour', { delay: 30 })
    await until('the words are found', async () => {
      await page.getByRole('button', { name: 'Search', exact: true }).click()
      await page.locator('.costs').waitFor()
      return (await page.getByRole('button', { name: /^Images 2$/ }).count()) === 1 || undefined
    })
    await page.getByRole('button', { name: /^Images 2$/ }).click()
    await hit(FILM).waitFor({ state: 'detached' })
    assert.equal(await page.locator('.hit').count(), 2)
    await page.getByRole('button', { name: /^All$/ }).click()
    await page.getByLabel('Order').selectOption('large')
    // The folder with all of them is larger.
    assert.match((await page.locator('.hit').nth(1).textContent()) ?? '', new RegExp(FILM))
    await page.locator('.costs summary').click()
    const costs = (await page.locator('.costs').textContent()) ?? ''
    for (const way of ['zone', 'flood', 'dht']) assert.ok(costs.includes(way), costs)
    await page.evaluate('scrollTo(0, 0)')
    await picture(page, 'web-search.png')
    await hit(FILM).locator('.hit-name').click()
    const dialog = page.getByRole('dialog')
    assert.match((await dialog.textContent()) ?? '', /anna/)
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
  })

  test('the same file is found by its SHA-256 and by its CID', async () => {
    const sha256 = createHash('sha256').update(TALE).digest('hex')
    await search(sha256)
    await hit('Harbour tale.txt').locator('.hit-name').click()
    const cid = (await page.getByRole('dialog').locator('dd code').first().textContent()) ?? ''
    await page.keyboard.press('Escape')
    await search(cid)
    await hit('Harbour tale.txt').waitFor()
  })

  test('he looks at what Anna has before he fetches it', async () => {
    await search('harbour')
    const look = async (name: string) => {
      await hit(name).getByRole('button', { name: 'Look at it' }).click()
      return page.getByRole('dialog')
    }
    const image = (await look('Harbour in the evening.png')).locator('img.preview')
    await until('the picture is shown', async () =>
      (await image.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth)) ===
      1200
        ? true
        : undefined,
    )
    await picture(page, 'web-preview.png')
    await page.keyboard.press('Escape')
    await look('Harbour tale.txt')
    await page.getByRole('dialog').getByText('<b>not bold</b>', { exact: false }).waitFor()
    await page.keyboard.press('Escape')
    const sound = (await look('Harbour bell.wav')).locator('audio')
    await until('the sound can be heard', async () =>
      (await sound.evaluate((element) => (element as unknown as { duration: number }).duration)) === 2
        ? true
        : undefined,
    )
    await page.keyboard.press('Escape')
    const frame = (await look('Harbour rules.pdf')).locator('iframe')
    assert.match((await frame.getAttribute('src')) ?? '', /^blob:/)
    await page.keyboard.press('Escape')
  })

  test('he fetches with one click, watches, pauses and goes on; the file is right', async () => {
    await limit('2MiB/s')
    await search('dawn')
    await hit(FILM).getByRole('button', { name: 'Get', exact: true }).click()
    await page.getByText('The download has begun.').waitFor()
    await page.getByRole('button', { name: 'Show' }).click()
    const row = page.getByRole('article', { name: FILM })
    await row.getByRole('button', { name: FILM }).click()
    await row.locator('.cells .shade-4').nth(6).waitFor()
    await picture(page, 'web-transfers.png')
    await row.getByRole('button', { name: 'Pause' }).click()
    await row.getByText('Paused', { exact: true }).waitFor()
    await row.getByRole('button', { name: 'Go on' }).click()
    await limit('0')
    const path = join(carl.data, 'downloads', FILM)
    await until('the file is there', () => existsSync(path) || undefined)
    assert.deepEqual(readFileSync(path), readFileSync(join(world.root, 'Harbour', FILM)))
  })

  test('he gives a link; Ben opens it, sees what it is, and gets it', async () => {
    await goTo('Library')
    const file = page.getByRole('article', { name: FILM })
    await file.getByRole('button', { name: 'Link' }).click()
    const dialog = page.getByRole('dialog')
    const code = dialog.locator('img')
    await until(
      'the code is drawn',
      async () =>
        (await code.evaluate((element) => (element as unknown as { naturalWidth: number }).naturalWidth)) >
          0 || undefined,
    )
    const link = /shoal:\S+/.exec((await dialog.textContent()) + (await inputsOf(dialog)))?.[0] ?? ''
    assert.match(link, /^shoal:b\w+\?name=.*&size=25165824&peer=/)
    await picture(page, 'web-link.png')
    await page.keyboard.press('Escape')
    const bens = await openPage(browser, ben, { path: `/open?link=${encodeURIComponent(link)}` })
    await bens.page.getByText(FILM).first().waitFor()
    await bens.page.getByRole('button', { name: /^Get/ }).click()
    await until('Ben has it', () => existsSync(join(ben.data, 'downloads', FILM)) || undefined)
    assert.deepEqual(bens.faults, [])
    await bens.page.context().close()
  })

  test('he wishes for what nobody has; Ben shares it, and Carl is told', async () => {
    await goTo('Wish list')
    await page.getByRole('textbox', { name: 'Words' }).fill('lighthouse')
    await page.getByRole('button', { name: 'Add' }).click()
    const wish = page.locator('article', { hasText: 'lighthouse' })
    await lookNow(wish)
    await wish.getByText('Nobody has it yet.').waitFor()
    const late = join(world.folder('late'), 'Lighthouse keeper.txt')
    writeFileSync(late, 'far out')
    await world.shoal(['add', late], ben)
    await until('it is told', async () => {
      if ((await wish.getByText('Lighthouse keeper.txt').count()) === 0) await lookNow(wish)
      return (await wish.getByText('1 new').count()) > 0 ? true : undefined
    })
    await page.getByText('For “lighthouse”: Lighthouse keeper.txt').waitFor()
    await picture(page, 'web-wishes.png')
    await wish.getByRole('button', { name: 'Seen' }).click()
    await wish.getByText('1 new').waitFor({ state: 'detached' })
  })

  test('the network and the statistics tell of all this', async () => {
    await goTo('Network')
    await page.locator('.map-peer').nth(1).waitFor()
    await page.locator('.way input').fill('harbour')
    await page.locator('.way button').click()
    await page.getByRole('status').filter({ hasText: '“harbour” found' }).waitFor()
    await page.locator('.map-line').first().waitFor({ state: 'attached' })
    for (const toast of await page.locator('.toast').getByRole('button', { name: 'Close' }).all())
      await toast.click()
    await picture(page, 'web-network.png')
    await goTo('Statistics')
    await page.locator('.plot-host canvas').nth(3).waitFor()
    await page.locator('.log-words', { hasText: 'harbour' }).first().waitFor()
    await picture(page, 'web-stats.png')
  })

  test('he changes a setting; what is none is told and changes nothing', async () => {
    await goTo('Settings')
    const setting = page.locator('.setting', { hasText: 'Search timeout' })
    await setting.getByRole('spinbutton').fill('7000')
    await setting.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Search timeout: saved.').waitFor()
    const config = await world.shoal(['config', 'get', 'searchTimeoutMs', '--json'], carl)
    assert.match(config.stdout, /7000/)
    const limit = page.locator('.setting').filter({ has: page.getByText('Upload limit', { exact: true }) })
    await limit.getByRole('textbox').fill('fast')
    await limit.getByRole('button', { name: 'Save' }).click()
    await limit.getByRole('alert').waitFor()
    await picture(page, 'web-settings.png')
  })

  test('on a phone, in the dark, without a token: he may look, and is told to sign in', async () => {
    const phone = await openPage(browser, carl, {
      path: '/?q=harbour',
      viewport: { width: 390, height: 800 },
      colorScheme: 'dark',
      expected: [/401/],
    })
    await phone.page.locator('.hit').first().waitFor()
    await picture(phone.page, 'web-phone.png')
    await phone.page.evaluate('localStorage.clear()')
    await phone.page.reload()
    await phone.page
      .locator('.hit', { hasText: 'evening' })
      .getByRole('button', { name: 'Get', exact: true })
      .click()
    await phone.page.getByText('Sign in first', { exact: false }).waitFor()
    assert.equal(await phone.page.evaluate('document.documentElement.scrollWidth <= innerWidth'), true)
    assert.deepEqual(phone.faults, [])
    await phone.page.context().close()
  })

  test('nothing in all this was an error, broke the policy, or went elsewhere', () => {
    assert.deepEqual(own.faults, [])
  })

  /** The node searches for wishes no more often than every 10 s. */
  async function lookNow(wish: ReturnType<Page['locator']>): Promise<void> {
    await until('the wish is searched for', async () => {
      await wish.getByRole('button', { name: 'Look now' }).click()
      await page.waitForTimeout(1000)
      const refusal = wish.getByRole('alert')
      if ((await refusal.count()) === 0) return true
      await page.waitForTimeout(2000)
      return undefined
    })
  }
})

const inputsOf = async (dialog: ReturnType<Page['locator']>): Promise<string> =>
  (
    await dialog
      .locator('input, textarea')
      .evaluateAll((all) => all.map((each) => (each as unknown as { value: string }).value))
  ).join(' ')
