import type { MenuEntry } from '../context.ts'

export const peers: MenuEntry = {
  label: 'Peers',
  hint: 'the peers that this node knows',
  async run({ run }) {
    await run.command(['peers'])
  },
}
