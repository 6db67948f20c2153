import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** What is looked at: WCAG 2.2, A and AA. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

interface Violation {
  id: string
  help: string
  nodes: { html: string; failureSummary?: string }[]
}

/**
 * What keeps people from using the page as it is now, in light and in dark, a line for each place; empty when nothing does. A debugger brings the code in: the policy of
 * the page allows it no other way.
 */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate(`'axe' in globalThis`))) await page.evaluate(axe.source)
  // What fades in has other colours on its way.
  await page.evaluate('Promise.all(document.getAnimations().map((each) => each.finished.catch(() => {})))')
  const all = await run(page, { runOnly: TAGS })
  await page.emulateMedia({ colorScheme: 'dark' })
  const dark = await run(page, { runOnly: { type: 'rule', values: ['color-contrast'] } })
  await page.emulateMedia({ colorScheme: 'light' })
  return [...all, ...dark.map((fault) => `dark: ${fault}`)]
}

async function run(page: Page, options: object): Promise<string[]> {
  const { violations: found } = (await page.evaluate(
    `axe.run(document, ${JSON.stringify({ ...options, resultTypes: ['violations'] })})`,
  )) as {
    violations: Violation[]
  }
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`),
  )
}
