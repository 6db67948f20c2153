import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, NO_BROWSER, openPage } from '../support/browser.ts'
import type { ShoalProcess } from '../support/process.ts'
import { newWorld } from '../support/shoal.ts'
import { until } from '../support/until.ts'

/** What Tab is to reach, marked with its number in the order of the document; of radio buttons of one name the browser takes one. */
const MARK = `(() => {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, audio, video, iframe, [tabindex]')]
  const reached = all.filter((each) =>
    each.tabIndex >= 0 && !each.disabled && !each.closest('[inert]') && each.checkVisibility({ visibilityProperty: true })
      && !(each.closest('details:not([open])') && each.tagName !== 'SUMMARY'))
  reached.forEach((each, index) => { each.dataset.stop = index })
  return reached.map((each) => each.outerHTML.slice(0, 120))
})()`

/** Which of them has the focus, and whether that is to be seen; undefined when none has it. */
const FOCUSED = `(() => {
  const each = document.activeElement
  if (!each || each === document.body) return undefined
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(each)
  const within = each.parentElement && getComputedStyle(each.parentElement)
  const box = each.getBoundingClientRect()
  // A peer on the map has a line around it.
  const stroke = (group) => group.tagName === 'g' && getComputedStyle(group.firstElementChild).stroke !== 'none'
  const ring = (style) => style && style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
  return {
    stop: each.dataset.stop === undefined ? undefined : Number(each.dataset.stop),
    isSeen: (ring({ outlineStyle, outlineWidth }) || boxShadow !== 'none' || ring(within) || stroke(each)) && box.bottom > 0 && box.top < innerHeight,
    html: each.outerHTML.slice(0, 160),
  }
})()`

interface Focused {
  stop?: number
  isSeen: boolean
  html: string
}

describe('the pages by the keyboard', { skip: NO_BROWSER, timeout: 120_000 }, () => {
  const world = newWorld()
  let browser: Browser
  let node: ShoalProcess

  before(async () => {
    browser = await launchBrowser()
    const share = world.folder('harbour')
    for (const index of [1, 2, 3]) writeFileSync(join(share, `harbour ${index}.txt`), `text ${index}`)
    node = await world.startNode({ name: 'ada', shares: [share] })
    await world.startNode({ name: 'ben', args: ['--peer', node.ready.grpc] })
    await until('the files are shared', async () => {
      const { lines } = await world.shoal(['ls', '--json'], node)
      return lines.length >= 3 || undefined
    })
  })
  after(async () => {
    await browser?.close()
    await world[Symbol.asyncDispose]()
  })

  const opened = async (path: string): Promise<Page> => {
    const { page } = await openPage(browser, node, { path, viewport: { width: 1100, height: 700 } })
    await page.locator('main h1').waitFor({ state: 'attached' })
    await page.waitForTimeout(500)
    return page
  }

  for (const path of [
    '/?q=harbour',
    '/transfers',
    '/library',
    '/copies',
    '/network',
    '/stats',
    '/wishes',
    '/settings',
    '/open',
  ])
    test(`${path}: Tab reaches everything, in order, and the focus is to be seen`, async () => {
      const page = await opened(path)
      const stops = (await page.evaluate(MARK)) as string[]
      await page.evaluate(
        'document.activeElement?.blur(); document.body.tabIndex = -1; document.body.focus(); getSelection().collapse(document.body, 0)',
      )
      const seen: number[] = []
      for (let presses = 0; presses < stops.length + 5; presses++) {
        await page.keyboard.press('Tab')
        const focused = (await page.evaluate(FOCUSED)) as Focused | undefined
        if (!focused) break
        assert.ok(focused.isSeen, `no ring: ${focused.html}`)
        if (focused.stop === undefined) continue
        if (seen.includes(focused.stop)) break
        seen.push(focused.stop)
      }
      const missed = stops.filter((_, index) => !seen.includes(index))
      assert.deepEqual(missed, [], 'every stop was reached')
      assert.deepEqual(
        seen,
        seen.toSorted((a, b) => a - b),
        'in the order in which they stand',
      )
      await page.context().close()
    })

  test('a dialog keeps the focus, Esc closes it, and the focus goes back', async () => {
    const page = await opened('/library')
    for (const name of ['Link', 'Stop sharing', 'Look at it']) {
      const button = page.locator('.virtual').getByRole('button', { name }).nth(1)
      await button.focus()
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor()
      for (let presses = 0; presses < 12; presses++) {
        await page.keyboard.press(presses % 3 === 2 ? 'Shift+Tab' : 'Tab')
        // Between its end and its beginning are the controls of the browser.
        const isIn = await page.evaluate(
          `document.activeElement === document.body || document.activeElement.closest('dialog') !== null`,
        )
        assert.ok(isIn, `the focus left the dialog of ${name}`)
      }
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      assert.equal(await button.getAttribute('data-back'), null)
      await page.evaluate(`document.activeElement.dataset.back = 'here'`)
      assert.equal(await button.getAttribute('data-back'), 'here', `the focus is back at ${name}`)
    }
    await page.context().close()
  })

  test('the first stop leads past the menu, and / leads to the words', async () => {
    const page = await opened('/')
    await page.evaluate('document.activeElement?.blur()')
    await page.keyboard.press('/')
    assert.equal(await page.evaluate('document.activeElement.id'), 'q')
    const other = await opened('/settings')
    await other.keyboard.press('Tab')
    assert.match((await other.evaluate('document.activeElement.textContent')) as string, /To the content/)
    await other.keyboard.press('Enter')
    await other.keyboard.press('Tab')
    assert.ok(await other.evaluate(`document.activeElement.closest('main') !== null`))
    await page.context().close()
    await other.context().close()
  })
})
