import { notEmpty } from '../asker.ts'
import type { MenuEntry } from '../context.ts'

export const get: MenuEntry = {
  label: 'Download by CID, link or name',
  hint: 'from everybody who has it',
  async run({ ask, run }) {
    const target = await ask.text('CID, link, or exact file name?', {
      placeholder: 'bafybeig…',
      check: notEmpty,
    })
    if (target !== undefined) await run.command(['get'], [target])
  },
}
