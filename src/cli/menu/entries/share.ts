import { join } from 'node:path'
import { notEmpty } from '../asker.ts'
import type { MenuEntry } from '../context.ts'

export const share: MenuEntry = {
  label: 'Share a file or folder',
  hint: 'others can find and fetch it',
  async run({ ask, run, home }) {
    const path = await ask.text('Which file or folder?', { placeholder: '~/Music', check: notEmpty })
    if (path !== undefined) await run.command(['add'], [typedPath(path, home)])
  },
}

/** A path as people type or drop it: in quotes, or with `~` for the home folder, which otherwise the shell takes care of. */
export function typedPath(text: string, home: string | undefined): string {
  const [, , quoted] = /^(['"])(.+)\1$/s.exec(text) ?? []
  if (quoted !== undefined) return quoted
  if (home === undefined || !/^~(\/|$)/.test(text)) return text
  return join(home, text.slice(1))
}
