import type { EntryJson } from '../../client/rest.ts'
import { notEmpty } from '../asker.ts'
import type { MenuContext, MenuEntry } from '../context.ts'
import { typedPath } from './share.ts'

/** More than that is nothing for a menu. */
const MAX_SHOWN = 500

const USUAL = '3'

export const push: MenuEntry = {
  label: 'Upload to peers',
  hint: 'other peers keep copies of a file or folder',
  async run(context) {
    const { ask, run } = context
    const what = await ask.select('What are they to keep?', [
      { value: 'shared', label: 'Something that is shared here' },
      { value: 'path', label: 'Another file or folder', hint: 'it is shared first' },
    ])
    if (what === undefined) return
    const target = what === 'shared' ? await sharedOne(context) : await onePath(context)
    if (target === undefined) return
    const count = await ask.text('How many copies?', { placeholder: USUAL, check: isCount })
    if (count !== undefined) await run.command(['push', '--replicas', count || USUAL], [target])
  },
}

async function onePath({ ask, home }: MenuContext): Promise<string | undefined> {
  const path = await ask.text('Which file or folder?', {
    placeholder: '~/Documents/thesis.pdf',
    check: notEmpty,
  })
  return path && typedPath(path, home)
}

async function sharedOne({ ask, run, print }: MenuContext): Promise<string | undefined> {
  const { code, rows } = await run.rows<EntryJson>(['ls', '--folders', '--limit', String(MAX_SHOWN)])
  if (code !== 0) return undefined
  if (rows.length === 0) {
    print.note('Nothing is shared yet.', 'dim')
    return undefined
  }
  const choices = rows.map(({ cid, path, kind }) => ({
    value: cid,
    label: kind === 'folder' ? `${path}/` : path,
  }))
  return ask.select('Which?', choices)
}

/** Nothing: as many as usual. */
const isCount = (text: string): string | undefined =>
  /^([1-9]|1\d|20|)$/.test(text) ? undefined : 'Type a number from 1 to 20.'
