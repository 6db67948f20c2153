import type { MenuEntry } from '../context.ts'

export const web: MenuEntry = {
  label: 'Open the page',
  hint: 'the same in the browser, signed in',
  async run({ run }) {
    await run.command(['web'])
  },
}
