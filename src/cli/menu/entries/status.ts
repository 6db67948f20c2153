import type { MenuEntry } from '../context.ts'

export const status: MenuEntry = {
  label: 'Statistics',
  hint: 'what the node is and does',
  async run({ run }) {
    if ((await run.command(['status'])) !== 0) return
    await run.command(['stats'])
    await run.command(['uploads'])
  },
}
