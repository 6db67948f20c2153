import { printable } from '../../base/printable.ts'
import { formatBytes } from '../../base/units.ts'
import { walkFolder } from '../../content/folder-walk.ts'
import { isEntryName } from '../../content/names.ts'
import type { OpenFolder } from '../content-port.ts'
import { escapeHtml } from '../page/html.ts'
import { plainPage, plainPolicy, rowHtml, tableHtml } from '../page/plain.ts'

/** Entries shown of one folder: more than anybody reads, and few enough to be made at once. */
const MAX_SHOWN = 10_000

/** Entries up to which it is looked up which of them are folders. */
const MAX_TOLD_APART = 1000

/** Lets the page use its own style and nothing else. */
export const LISTING_CSP = plainPolicy()

export interface ListingOptions {
  readonly folder: OpenFolder
  /** CID of the folder shown: `folder` or one below. */
  readonly cid: string
  /** Names behind the CID that the address begins with. */
  readonly segments: readonly string[]
}

/**
 * A page that lists a folder by name; characters that would show a name as another one are made visible. Sizes are those of the links: bytes of files with the nodes that list their blocks.
 *
 * @throws ShoalError NOT_FOUND when a node of it is not there, NOT_IMPLEMENTED
 */
export function listingPage({ folder, cid, segments }: ListingOptions): string {
  const links = []
  let isCut = false
  for (const step of walkFolder(cid, (each) => folder.node(each), { deep: false })) {
    if (!('link' in step) || !isEntryName(step.link.name)) continue
    isCut = links.length >= MAX_SHOWN
    if (isCut) break
    links.push(step.link)
  }
  const isFolder = (each: string) => links.length <= MAX_TOLD_APART && folder.node(each) !== undefined
  const rows = links
    .map((link) => ({ ...link, slash: isFolder(link.cid) ? '/' : '' }))
    .sort((a, b) => b.slash.length - a.slash.length || collator.compare(a.name, b.name))
    .map(({ name, slash, totalBytes }) =>
      row(`./${encodeURIComponent(name)}${slash}`, `${printable(name)}${slash}`, formatBytes(totalBytes)),
    )
  if (segments.length > 0) rows.unshift(row('../', '..', ''))
  const heading = segments.length > 0 ? segments.map(printable).join('/') : `/ipfs/${cid}`
  const cut = `<p>Only ${MAX_SHOWN} entries are shown. A CAR of the folder has all: add ?format=car&amp;dag-scope=entity to the address.</p>\n`
  const address = segments.length > 0 ? `<p><code>/ipfs/${cid}</code></p>\n` : ''
  return plainPage({ title: heading, body: `${address}${tableHtml(rows)}${isCut ? cut : ''}` })
}

const collator = new Intl.Collator('en', { numeric: true })

const row = (href: string, name: string, size: string): string =>
  rowHtml([`<a href="${escapeHtml(href)}"><bdi>${escapeHtml(name)}</bdi></a>`, size])
