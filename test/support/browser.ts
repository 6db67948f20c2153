import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import type { ShoalProcess } from './process.ts'

/** Where Debian's package puts it; CHROMIUM names another one. */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'

/** Why tests in a browser are left out, for the option `skip` of a test; false when there is one. */
export const NO_BROWSER = existsSync(CHROMIUM)
  ? false
  : `there is no ${CHROMIUM}: install Chromium, or name one with CHROMIUM=`

/** Nothing but the page: no updates, no look-ups of the browser's own. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Names that are no addresses lead nowhere, so that a request to another host shows even with a network.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
]

/** What no network sees: memory of the page, and Chromium's viewer for PDFs. */
const OWN = /^(blob:|data:|chrome:\/\/resources\/|chrome-extension:\/\/mhjfbmdgcfjbbpaeojofohoefgiehjai\/)/

export interface Watched {
  readonly page: Page
  /** What no page may do: errors on the console, uncaught ones, reports of the policy, requests to others. */
  readonly faults: string[]
}

/** One browser for a test file; closed at its end. */
export function launchBrowser(): Promise<Browser> {
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return chromium.launch({ executablePath: CHROMIUM, args: [...QUIET, ...asRoot] })
}

/**
 * A page of a browser profile of its own, watched. @param node whose page is opened, signed in
 * @param expected faults that are part of the test
 */
export async function openPage(
  browser: Browser,
  node: ShoalProcess,
  {
    path = '/',
    expected = [],
    ...options
  }: BrowserContextOptions & { path?: string; expected?: RegExp[] } = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 850 }, ...options })
  const page = await context.newPage()
  const faults: string[] = []
  const fault = (text: string) => {
    if (!expected.some((pattern) => pattern.test(text))) faults.push(text)
  }
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) fault(`console ${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => fault(`uncaught: ${error.message}`))
  page.on('dialog', (dialog) => {
    fault(`dialog: ${dialog.message()}`)
    dialog.dismiss()
  })
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(node.ready.http) && !OWN.test(url)) fault(`request to ${url}`)
  })
  await page.exposeFunction('reportPolicy', (text: string) => fault(`policy: ${text}`))
  await page.addInitScript(
    "addEventListener('securitypolicyviolation', (e) => reportPolicy([e.violatedDirective, e.blockedURI, e.sample].join(' ')))",
  )
  await page.goto(`${node.ready.http}${path}#token=${tokenOf(node)}`)
  return { page, faults }
}

export const tokenOf = (node: ShoalProcess): string =>
  readFileSync(join(node.data, 'api.token'), 'utf8').trim()

/** A picture for the docs when SHOAL_PICTURES=1 asks for them; otherwise nothing. @param name below docs/img */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env.SHOAL_PICTURES !== '1') return
  const path = join(import.meta.dirname, '../../docs/img', name)
  mkdirSync(dirname(path), { recursive: true })
  await page.screenshot({ path, animations: 'disabled', caret: 'hide' })
}

/** Closes what the test opened, whatever happened. */
export function closing(t: TestContext, page: Page): void {
  t.after(() => page.context().close())
}
