import type { MenuEntry } from '../context.ts'

/** More than that is nothing for a menu. */
const MAX_SHOWN = 500

export const library: MenuEntry = {
  label: 'My files',
  hint: 'what this node shares',
  async run({ run, print }) {
    const { code, rows } = await run.rows(['ls', '--folders', '--limit', String(MAX_SHOWN + 1)])
    if (code !== 0) return
    if (rows.length === 0) return print.note('Nothing is shared yet.', 'dim')
    await run.command(['ls', '--folders', '--limit', String(MAX_SHOWN)])
    if (rows.length > MAX_SHOWN)
      print.note(`These are the first ${MAX_SHOWN}; shoal ls lists them all.`, 'dim')
  },
}
