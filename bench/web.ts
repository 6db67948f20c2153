import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Browser, chromium, type Page } from 'playwright-core'
import { formatBytes } from '../src/base/units.ts'
import { build, type Started, shoal, startNode } from './nodes.ts'
import { median } from './stats.ts'

/**
 * How soon the web app is there and how smoothly it scrolls: a node and Chromium on this machine, each load with a cache of its own.
 */
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium'
const WEB = fileURLToPath(new URL('../web/dist', import.meta.url))
/** Most results that a search gives. */
const RESULTS = 1000
/** A frame that takes longer is seen as a jerk, ms. */
const LONG_FRAME_MS = 50
/** Rows that one frame goes on by, about: 60 frames a second are ten screens a second. */
const STEP_PX = 150

interface Sizes {
  loads: number
  files: number
}

interface Scrolled {
  frames: number
  long: number
  longestMs: number
  rows: number
  /** Of the page's main thread. */
  cpuMs: number
}

/** Runs the benchmark and gives its tables as Markdown. */
export async function run({ quick = false }: { quick?: boolean } = {}): Promise<string> {
  if (!existsSync(CHROMIUM)) throw new Error(`there is no ${CHROMIUM}: name one with CHROMIUM=`)
  const sizes: Sizes = quick ? { loads: 1, files: 1500 } : { loads: 7, files: 10_000 }
  await build()
  const root = await mkdtemp(join(tmpdir(), 'shoal-bench-web-'))
  const children: ChildProcess[] = []
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--disable-gpu', ...args] })
  try {
    const node = await sharing(root, children, sizes.files)
    const loads: Loaded[] = []
    // The first one finds nothing in the page cache, and the node's own code not compiled.
    for (let round = -1; round < sizes.loads; round++) {
      const loaded = await load(browser, node)
      if (round >= 0) loads.push(loaded)
    }
    const library = await scrollThrough(browser, node, { path: '/library', row: '.virtual-place' })
    const search = await scrollThrough(browser, node, { path: '/?q=harbour', row: '.virtual-place' })
    return [loadTable(loads), scrollTable({ library, search, files: sizes.files })].join('\n\n')
  } finally {
    await browser.close()
    for (const child of children) child.kill()
    await setTimeout(500)
    await rm(root, { recursive: true, force: true })
  }
}

/** A node that shares so many small files. */
async function sharing(root: string, children: ChildProcess[], files: number): Promise<Started> {
  const folder = join(root, 'harbour')
  for (let index = 0; index < files; index++) {
    const below = join(folder, `part ${Math.floor(index / 1000)}`)
    if (index % 1000 === 0) mkdirSync(below, { recursive: true })
    writeFileSync(join(below, `harbour ${index}.txt`), `harbour, number ${index}`)
  }
  const more = ['--no-mdns', '--share', folder]
  const node = await startNode(root, 'node', { args: more, children })
  for (;;) {
    const [status] = await shoal('status', '--data', node.dataDir)
    if ((status?.library as { files: number } | undefined)?.files === files) return node
    await setTimeout(500)
  }
}

interface Loaded {
  firstPaintMs: number
  usableMs: number
  largestPaintMs: number
}

const signedIn = ({ ready, dataDir }: Started, path: string): string =>
  `${ready.http}${path}#token=${readFileSync(join(dataDir, 'api.token'), 'utf8').trim()}`

/** One load from nothing: until something is seen, and until words can be typed. */
async function load(browser: Browser, node: Started): Promise<Loaded> {
  const page = await (await browser.newContext()).newPage()
  await page.addInitScript(`
    globalThis.largest = 0
    new PerformanceObserver((list) => { for (const { startTime } of list.getEntries()) largest = startTime })
      .observe({ type: 'largest-contentful-paint', buffered: true })
    globalThis.usable = new Promise((done) => {
      const look = () => document.activeElement?.id === 'q' ? done(performance.now()) : requestAnimationFrame(look)
      look()
    })`)
  await page.goto(signedIn(node, '/'))
  const usableMs = (await page.evaluate('usable')) as number
  await setTimeout(500)
  const [firstPaintMs, largestPaintMs] = (await page.evaluate(
    `[performance.getEntriesByName('first-contentful-paint')[0].startTime, largest]`,
  )) as [number, number]
  await page.context().close()
  return { firstPaintMs, usableMs, largestPaintMs }
}

/** Scrolls a list to its end, a step each frame, and looks at how long the frames take. */
async function scrollThrough(
  browser: Browser,
  node: Started,
  { path, row }: { path: string; row: string },
): Promise<Scrolled> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 850 } })).newPage()
  await page.goto(signedIn(node, path))
  await page.locator(row).nth(5).waitFor()
  await setTimeout(1500)
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const cpuMs = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return 1000 * (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN)
  }
  const beforeMs = await cpuMs()
  const seen = (await page.evaluate(`new Promise((done) => {
    const root = document.documentElement
    const seen = { frames: 0, long: 0, longestMs: 0, rows: 0 }
    let last = performance.now(), atEnd = 0
    const frame = (now) => {
      const tookMs = now - last
      last = now
      seen.frames++
      if (tookMs > ${LONG_FRAME_MS}) seen.long++
      seen.longestMs = Math.max(seen.longestMs, tookMs)
      seen.rows = Math.max(seen.rows, document.querySelectorAll('${row}').length)
      // Pages of the list come as its end comes near: it is the end when it stays.
      atEnd = root.scrollTop + root.clientHeight >= root.scrollHeight - 2 ? atEnd + 1 : 0
      if (atEnd > 30) return done(seen)
      scrollBy(0, ${STEP_PX})
      requestAnimationFrame(frame)
    }
    requestAnimationFrame(frame)
  })`)) as Omit<Scrolled, 'cpuMs'>
  const usedMs = (await cpuMs()) - beforeMs
  const reached = await lastRow(page, row)
  await page.context().close()
  if (reached < RESULTS) throw new Error(`the list of ${path} ended at ${reached}`)
  return { ...seen, cpuMs: usedMs }
}

const lastRow = (page: Page, row: string): Promise<number> =>
  page.evaluate(
    `Math.max(...[...document.querySelectorAll('${row}')].map((each) => Number(each.ariaPosInSet)))`,
  )

function loadTable(loads: readonly Loaded[]): string {
  const row = (what: string, key: keyof Loaded) => {
    const all = loads.map((each) => each[key])
    const range = [Math.min(...all), Math.max(...all)].map((ms) => ms.toFixed(0))
    return `| ${what} | ${median(all).toFixed(0)} | ${range.join(' to ')} |`
  }
  const html = readFileSync(join(WEB, 'index.html'), 'utf8')
  const first = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, path]) => path!)
  const all = readdirSync(join(WEB, 'assets')).filter((name) => /\.(js|css)$/.test(name))
  const gzip = (names: readonly string[]) =>
    formatBytes(
      names.reduce((sum, name) => sum + gzipSync(readFileSync(join(WEB, name)), { level: 9 }).length, 0),
    )
  return `Goals: something useful is seen within a second; at most 300 KB are loaded first; no jerks.

| a load with an empty cache, ms | median of ${loads.length} | range |
|---|---:|---:|
${row('something is seen (first contentful paint)', 'firstPaintMs')}
${row('the largest thing is seen (largest contentful paint)', 'largestPaintMs')}
${row('the search box takes words', 'usableMs')}

| compressed with gzip | |
|---|---:|
| first load: page, script, styles | ${gzip(['index.html', ...first])} |
| all pages | ${gzip(['index.html', ...all.map((name) => `assets/${name}`)])} |`
}

function scrollTable({ library, search, files }: { library: Scrolled; search: Scrolled; files: number }) {
  const row = (what: string, { frames, long, longestMs, rows, cpuMs }: Scrolled) =>
    `| ${what} | ${frames} | ${(cpuMs / frames).toFixed(1)} | ${long} | ${longestMs.toFixed(0)} | ${rows} |`
  return `| scrolled from end to end, ${STEP_PX} px a frame | frames | CPU of the main thread, ms a frame | longer than ${LONG_FRAME_MS} ms | longest, ms | rows in the page |
|---|---:|---:|---:|---:|---:|
${row(`library of ${files.toLocaleString('en')} files, which come page by page`, library)}
${row(`search with ${RESULTS.toLocaleString('en')} results`, search)}`
}
