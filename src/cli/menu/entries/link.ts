import { notEmpty } from '../asker.ts'
import type { MenuEntry } from '../context.ts'
import { typedPath } from './share.ts'

export const link: MenuEntry = {
  label: 'Link to a file or folder',
  hint: 'by which others fetch it, also as a QR code',
  async run({ ask, run, home }) {
    const path = await ask.text('Which file, folder or CID?', {
      placeholder: '~/Music/song.flac',
      check: notEmpty,
    })
    if (path !== undefined) await run.command(['share'], [typedPath(path, home)])
  },
}
