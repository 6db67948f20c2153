import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { printable } from '../../src/base/printable.ts'
import { safeName } from '../../src/transfer/safe-name.ts'
import { launchBrowser, NO_BROWSER, openPage, tokenOf } from '../support/browser.ts'
import { keptNamed, orderNamed, withCopies } from '../support/copies.ts'
import { inspected, scrolledThrough } from '../support/hostile-page.ts'
import {
  askNode,
  contentOf,
  HOSTILE_NAMES,
  HOSTILE_WORD,
  type HostileWorld,
  startHostileWorld,
} from '../support/hostile-world.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** In each of these every page is looked at. */
const LOOKS: Record<string, BrowserContextOptions> = {
  'in a window, dark': { viewport: { width: 1280, height: 850 }, colorScheme: 'dark' },
  'on a phone, light': { viewport: { width: 360, height: 700 }, colorScheme: 'light' },
}

/** Previews of what is no picture or not to be had. */
const EXPECTED = [/Failed to load resource/]

const SHOWN_NAMES = HOSTILE_NAMES.map(printable)
const WORDS = HOSTILE_NAMES.filter((name) => /[a-z]/.test(name) && name.length < 200)
const LINKS = (cid: string) =>
  HOSTILE_NAMES.filter((_, index) => index % 25 === 0).map(
    (name) => `shoal:${cid}?name=${encodeURIComponent(name)}`,
  )

describe('hostile names in the pages', { skip: NO_BROWSER, timeout: 280_000 }, () => {
  const world = newWorld()
  let browser: Browser
  let nodes: HostileWorld
  const ask = <T>(node: ShoalProcess, path: string, json?: object) =>
    askNode<T>(node, path, tokenOf(node), json)

  before(async () => {
    browser = await launchBrowser()
    nodes = await startHostileWorld(world)
    const { owner, seeker } = nodes
    for (const words of WORDS.slice(0, 12)) {
      await (await fetch(`${seeker.ready.http}/api/v1/search?${new URLSearchParams({ q: words })}`)).text()
      await ask(seeker, '/api/v1/wishes', { words })
    }
    const { entries } = await ask<{ entries: { cid: string; name: string; kind: string }[] }>(
      owner,
      '/api/v1/library?limit=200',
    )
    for (const { cid, name } of entries.filter(({ kind }) => kind === 'file').slice(0, 30))
      await ask(seeker, '/api/v1/downloads', { target: cid, name })
    for (const name of WORDS.slice(-2))
      await ask(seeker, '/api/v1/downloads', { target: await cidOfNobody(name), name })
  })
  after(async () => {
    await browser?.close()
    await world[Symbol.asyncDispose]()
  })

  for (const [look, options] of Object.entries(LOOKS)) {
    /** A page that is watched; `seen` notes its faults as it is now, `ended` holds that there were none. */
    const opened = async (node: ShoalProcess, path: string) => {
      const { page, faults } = await openPage(browser, node, { path, ...options, expected: EXPECTED })
      await page.exposeFunction('harmed', () => faults.push('pwned was called'))
      await page.addInitScript('globalThis.pwned = () => harmed()')
      await page.reload()
      const seen = async (where: string) => {
        for (const fault of await inspected(page))
          if (!faults.some((known) => known.endsWith(fault))) faults.push(`${path}, ${where}: ${fault}`)
      }
      const ended = async () => {
        // What is asked on the way to a made-up answer ends before the page does.
        await page.unrouteAll({ behavior: 'wait' })
        await page.context().close()
        assert.deepEqual(faults, [])
      }
      return { page, seen, ended }
    }

    test(`search: every row, details, previews, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.seeker, `/?q=${HOSTILE_WORD}`)
      await page.locator('.costs').waitFor()
      const names = new Set<string>()
      await scrolledThrough(page, async () => {
        await seen('results')
        for (const name of await page.locator('.hit-name .name').allTextContents()) names.add(name)
      })
      assert.deepEqual(
        SHOWN_NAMES.filter((name) => !names.has(name)),
        [],
        'every name was seen',
      )
      await page.locator('.costs summary').click()
      await seen('costs')
      await page.evaluate('scrollTo(0, 0)')
      for (const index of [0, 1, 2]) {
        const row = page.locator('.hit').nth(index)
        await row.locator('.hit-name').click()
        await page.getByRole('dialog').waitFor()
        await seen('details')
        await page.keyboard.press('Escape')
      }
      const looks = page.getByRole('button', { name: 'Look at it' })
      for (let index = 0; index < Math.min(4, await looks.count()); index++) {
        await looks.nth(index).click()
        await page.getByRole('dialog').waitFor()
        await page.waitForTimeout(200)
        await seen('preview')
        await page.keyboard.press('Escape')
      }
      await ended()
    })

    test(`transfers, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.seeker, '/transfers')
      await page.locator('.transfer').first().waitFor()
      await page.locator('.transfer-name').first().click()
      await scrolledThrough(page, () => seen('downloads'))
      await page.getByRole('link', { name: 'History' }).click()
      await page.locator('.past').first().waitFor()
      await scrolledThrough(page, () => seen('history'))
      await page.getByRole('button', { name: 'Link' }).first().click()
      await page.getByLabel('Link for Shoal').waitFor()
      await seen('link')
      await ended()
    })

    test(`transfers: uploads, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.owner, '/transfers?show=uploads')
      await withUploads(page)
      await page.locator('.transfer').first().waitFor()
      await scrolledThrough(page, () => seen('uploads'))
      await ended()
    })

    test(`library, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.owner, '/library')
      const names = new Set<string>()
      await page.locator('.virtual .name').first().waitFor()
      await scrolledThrough(page, async () => {
        await seen('files')
        for (const name of await page.locator('.virtual .name').allTextContents()) names.add(name)
        await page.waitForTimeout(20)
      })
      assert.deepEqual(
        SHOWN_NAMES.filter((name) => !names.has(name)),
        [],
        'every name was seen',
      )
      await page.evaluate('scrollTo(0, 0)')
      for (const button of ['Link', 'Keep copies with peers…', 'Stop sharing']) {
        await page.locator('.virtual').getByRole('button', { name: button }).nth(1).click()
        await page.getByRole('dialog').waitFor()
        await page.waitForTimeout(200)
        await seen(button)
        await page.keyboard.press('Escape')
      }
      await ended()
    })

    test(`copies, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.other, '/')
      const names = HOSTILE_NAMES.filter((_, index) => index % 30 === 0)
      const peers = (index: number) => HOSTILE_NAMES.slice(index, index + 4)
      const orders = names.map((name, index) => orderNamed(name, index, peers(index)))
      const kept = names.map((name, index) => keptNamed(name, index, names[index + 1]))
      await withCopies(page, { orders, kept, asked: [] })
      await page.goto(`${nodes.other.ready.http}/copies`)
      await page.locator('article').nth(5).waitFor()
      await scrolledThrough(page, () => seen('copies'))
      await page.evaluate('scrollTo(0, 0)')
      await page.getByRole('button', { name: 'Stop keeping' }).nth(1).click()
      await page.getByRole('dialog').waitFor()
      await seen('whether to drop them')
      await ended()
    })

    test(`network, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.seeker, '/network')
      await withPeers(page)
      await page.locator('.map-peer').nth(2).waitFor()
      await page.locator('.way input').fill(HOSTILE_WORD)
      await page.locator('.way button').click()
      await page.locator('.map-line').first().waitFor({ state: 'attached' })
      await page.locator('.peers tbody tr').nth(10).waitFor()
      await scrolledThrough(page, () => seen('map and table'))
      await page.locator('.map-peer[tabindex="0"]').focus()
      await page.keyboard.press('Enter')
      await page.locator('.peer-details').waitFor()
      await seen('details')
      await ended()
    })

    test(`statistics, ${look}`, async () => {
      for (const node of [nodes.seeker, nodes.owner]) {
        const { page, seen, ended } = await opened(node, '/stats')
        await page.locator('.log-words, .stats-words').first().waitFor()
        const words = page.locator('.log-words')
        for (let index = 0; index < Math.min(3, await words.count()); index++) {
          await words.nth(index).click()
          await seen('responders')
        }
        await scrolledThrough(page, () => seen('logs'))
        await ended()
      }
    })

    test(`wishes, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.seeker, '/wishes')
      await page.locator('article').nth(5).waitFor()
      await scrolledThrough(page, () => seen('wishes'))
      await ended()
    })

    test(`links, ${look}`, async () => {
      const [hit] = (await ask<{ entries: { cid: string }[] }>(nodes.owner, '/api/v1/library?limit=1'))
        .entries
      const { page, seen, ended } = await opened(nodes.seeker, '/open')
      const shows = async (link: string, sign: Locator) => {
        await page.goto(`${nodes.seeker.ready.http}/open?link=${encodeURIComponent(link)}`)
        await sign.waitFor()
        await seen(link)
      }
      for (const link of LINKS(hit!.cid).slice(0, 4)) await shows(link, page.getByText('Who has it'))
      for (const link of WORDS.slice(0, 4)) await shows(link, page.getByRole('alert'))
      await ended()
    })

    test(`settings, and words that are searched for, ${look}`, async () => {
      const settings = await opened(nodes.seeker, '/settings')
      await settings.page.locator('.setting').first().waitFor()
      await scrolledThrough(settings.page, () => settings.seen('settings'))
      await settings.ended()
      const { page, seen, ended } = await opened(nodes.seeker, `/?q=${encodeURIComponent(WORDS[1]!)}`)
      for (const words of HOSTILE_NAMES.filter((_, index) => index % 60 === 0)) {
        await page.locator('#q').fill(words)
        await page.waitForTimeout(450)
        await seen(`words ${JSON.stringify(words)}`)
      }
      await ended()
    })

    test(`files that are sent through the page, ${look}`, async () => {
      const { page, seen, ended } = await opened(nodes.other, '/library')
      const names = HOSTILE_NAMES.filter((name, index) => index % 40 === 0 && !/[\r\n]/.test(name))
      await page
        .locator('input[type=file]')
        .setInputFiles(names.map((name) => ({ name, mimeType: '', buffer: Buffer.from(`${look} ${name}`) })))
      await page.getByText(`Sent through this page: ${names.length} of ${names.length}`).waitFor()
      await seen('sent')
      await ended()
    })
  }

  test('buttons in hostile rows do what they say: files are fetched into the folder of downloads', async () => {
    const { page, faults } = await openPage(browser, nodes.seeker, {
      path: `/?q=${HOSTILE_WORD}`,
      expected: EXPECTED,
    })
    await page.locator('.costs').waitFor()
    type Row = { id: string; name: string; path: string; state: string; kind: string; cid: string }
    const all = async () => (await ask<{ downloads: Row[] }>(nodes.seeker, '/api/v1/downloads')).downloads
    const before = new Set((await all()).map(({ id }) => id))
    for (let index = 0; index < 8; index++) {
      const row = page.locator(`.virtual-place[data-index="${index}"]`)
      await row.getByRole('button', { name: 'Get', exact: true }).click()
      await page.locator('.toast').first().waitFor()
      assert.deepEqual(await inspected(page), [])
      await page.locator('.toast').getByRole('button', { name: 'Close' }).first().click()
    }
    const fetched = await until('all are fetched', async () => {
      const rows = (await all()).filter(({ id }) => !before.has(id))
      const ended = rows.filter(({ state }) => state === 'done' || state === 'failed')
      // Some of them may have been here before.
      return rows.length >= 4 && ended.length === rows.length ? rows : undefined
    })
    const folder = join(nodes.seeker.data, 'downloads')
    const contents = new Set(HOSTILE_NAMES.map(contentOf))
    for (const { path, state, kind } of fetched) {
      assert.equal(state, 'done', path)
      assert.equal(dirname(path), folder)
      assert.equal(safeName(basename(path)), basename(path))
      if (kind === 'file') assert.ok(contents.has(readFileSync(path, 'utf8')), path)
    }
    assert.deepEqual(faults, [])
    await page.context().close()
  })
})

/** Peers with all the names that a peer can be given by whoever programs one, controls included. */
async function withPeers(page: Page): Promise<void> {
  await page.route('**/api/v1/peers*', async (route) => {
    const answer = await route.fetch()
    const { peers } = (await answer.json()) as { peers: { peerId: string; name: string }[] }
    const [first] = peers
    const more = HOSTILE_NAMES.slice(0, 60).map((name, index) => ({
      ...first!,
      name,
      peerId: `${first!.peerId.slice(0, -4)}${String(index).padStart(4, 'x')}`,
    }))
    await route.fulfill({ response: answer, json: { peers: [...peers, ...more] } })
  })
  await page.reload()
}

async function withUploads(page: Page): Promise<void> {
  const uploads = HOSTILE_NAMES.slice(0, 60).map((name, index) => ({
    ...{ peerId: `12D3KooW${index}`, peerName: HOSTILE_NAMES[index + 60], cid: `bafy${index}`, name },
    ...{ bytes: 5, sizeBytes: 10, rateBytesPerSecond: 1, road: 'direct' },
    ...(index >= 30 && { position: index - 29 }),
  }))
  await page.route('**/api/v1/uploads', async (route) => {
    const answer = await route.fetch()
    const json = (await answer.json()) as object
    await route.fulfill({
      response: answer,
      json: { ...json, active: uploads.slice(0, 30), queued: uploads.slice(30) },
    })
  })
  await page.reload()
}

const cidOfNobody = async (name: string): Promise<string> =>
  CID.createV1(0x55, await sha256.digest(new TextEncoder().encode(`nobody has ${name}`))).toString()
