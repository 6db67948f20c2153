import { resolve } from 'node:path'
import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'

export function addRm(program: Command, act: Act): void {
  const command = program
    .command('rm')
    .description('stop sharing files or folders; nothing is deleted from the disk')
    .argument('<targets...>', 'paths or CIDs')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(['shoal rm song.flac', 'by its path'], ['shoal rm bafkreig…', 'every file with this CID']),
    )
    .action(act(rm))
}

const rm: Handler<ClientOptions, [string[]]> = async (session, _options, targets) => {
  const { print, io } = session
  const client = await session.client()
  for (const given of targets) {
    const target = looksLikeCid(given) ? given : resolve(io.cwd, given)
    const { removed } = await client.json<{ removed: number }>('DELETE', '/library', { query: { target } })
    if (removed === 0) throw new ShoalError('NOT_FOUND', `${target} is not shared.`)
    print.row({ event: 'removed', target, removed })
    print.line(`${target}: ${removed === 1 ? '1 entry' : `${removed} entries`} no longer shared`)
  }
  return undefined
}

/** The text forms of CIDs in use (base32, base58btc, base16, CIDv0); no usual file name has one. */
export function looksLikeCid(text: string): boolean {
  return /^(b[a-z2-7]{50,}|z[1-9A-HJ-NP-Za-km-z]{45,}|f01[0-9a-f]{60,}|Qm[1-9A-HJ-NP-Za-km-z]{44})$/.test(
    text,
  )
}
