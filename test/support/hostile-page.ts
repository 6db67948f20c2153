import type { Page } from 'playwright-core'

/**
 * What a page must not be made to show or do by names of others; runs in the page and gives one line for each fault.
 *
 * - elements and attributes that act: only those that the app makes itself
 * - characters that turn or hide text, in texts and in what is shown as a hint or read aloud; contents of files are left out
 * - wider than the window: the page, and each thing in it that does not scroll by itself
 */
const INSPECT = `(() => {
  const faults = []
  const fault = (what, node) => faults.length < 20 && faults.push(what + ': ' + (node.outerHTML ?? String(node)).slice(0, 300))
  const own = { SCRIPT: 'src', LINK: 'href', IMG: 'src', IFRAME: 'src', AUDIO: 'src', VIDEO: 'src' }
  const isOwn = (url) => /^(blob:)?https?:/.test(url) && new URL(url.replace(/^blob:/, '')).origin === location.origin
  const unsafe = /[\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}]/u
  const ordinary = /[\\n\\t\\u200c\\u200d]/gu
  const isUnsafe = (text) => unsafe.test(text.replace(ordinary, ''))
  for (const each of document.querySelectorAll('*')) {
    const tag = each.tagName.toUpperCase()
    if (/^(MATH|MTEXT|STYLE|OBJECT|EMBED|BASE|TEMPLATE|META)$/.test(tag) && !each.closest('head')) fault('element', each)
    if (own[tag] && each[own[tag]] && !isOwn(each[own[tag]])) fault('source', each)
    if (tag === 'SCRIPT' && each.parentElement !== document.head) fault('script', each)
    if (/^(A|AREA)$/.test(tag) && each.href && !isOwn(each.href)) fault('link', each)
    for (const { name, value } of each.attributes) {
      if (/^on|^srcdoc$|^formaction$/i.test(name)) fault('attribute ' + name, each)
      if (isUnsafe(value) && name !== 'value') fault('characters in ' + name, each)
    }
    if (typeof each.value === 'string' && each.readOnly && isUnsafe(each.value)) fault('characters in value', each)
  }
  const texts = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT)
  for (let text = texts.nextNode(); text; text = texts.nextNode())
    if (isUnsafe(text.data) && !text.parentElement.closest('.preview-text, textarea')) fault('characters', text.parentElement)
  if (isUnsafe(document.title)) fault('characters in the title', document.title)
  if (document.dir !== '' || getComputedStyle(document.body).direction !== 'ltr') fault('direction', document.body)
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth) fault('the page is ' + (root.scrollWidth - root.clientWidth) + ' px too wide', 'page')
  for (const each of document.querySelectorAll('body *')) {
    if (each.closest('.scroll-x, svg, .unseen, .skip, pre, textarea')) continue
    const box = each.getBoundingClientRect()
    if (box.width === 0 || box.height === 0) continue
    let clip = each.parentElement
    while (clip && getComputedStyle(clip).overflowX === 'visible') clip = clip.parentElement
    if (clip && clip !== document.body && clip !== root) continue
    if (box.left < -1 || box.right > root.clientWidth + 1) fault('outside of the window by ' + Math.round(Math.max(-box.left, box.right - root.clientWidth)) + ' px', each)
  }
  return faults
})()`

/** The faults of a page as it is now; empty when there is none. */
export const inspected = (page: Page): Promise<string[]> => page.evaluate(INSPECT) as Promise<string[]>

/** Looks at all of a page, window by window, from its top to its end. @param each is called at each stop */
export async function scrolledThrough(page: Page, each: () => Promise<void>): Promise<void> {
  await page.evaluate('scrollTo(0, 0)')
  for (;;) {
    await each()
    const isEnd = await page.evaluate(`(() => {
      const { scrollTop, scrollHeight, clientHeight } = document.documentElement
      scrollBy(0, clientHeight * 0.9)
      return scrollTop + clientHeight >= scrollHeight - 2
    })()`)
    if (isEnd) return
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))')
  }
}
