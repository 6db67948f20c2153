import type { MenuEntry } from '../context.ts'

/** More than that is nothing for a menu. */
const MAX_SHOWN = 500

export const library: MenuEntry = {
  label: 'My files',
  hint: 'what this node shares',
  async run({ run, print }) {
    const { code, rows } = await run.rows(['ls', '--folders', '--limit', '1'])
    if (code !== 0) return
    if (rows.length === 0) return print.note('Nothing is shared yet.', 'dim')
    await run.command(['ls', '--folders', '--limit', String(MAX_SHOWN)])
    print.note(`At most ${MAX_SHOWN} are shown here; shoal ls lists them all.`, 'dim')
  },
}
