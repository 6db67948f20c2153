import { resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import type { LinkJson } from '../client/rest.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler } from '../session.ts'
import { looksLikeCid } from './rm.ts'
import { sharePath } from './share-path.ts'
import { showQr } from './show-qr.ts'

interface ShareOptions extends ClientOptions {
  gateway?: string
  qr?: boolean
}

export function addShare(program: Command, act: Act): void {
  const command = program
    .command('share')
    .description('share a file or folder, and print a link by which others fetch it')
    .argument('<path>', 'file or folder, or the CID of something that is shared')
    .option(
      '--gateway <url>',
      "gateway for the http link (default: the node's own, for this machine)",
      parseGateway,
    )
    .option('--qr', 'print the QR code also where stdout is no terminal')
    .option('--no-qr', 'print no QR code')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal share song.flac', 'a link that says where the file is to be had'],
        ['shoal share ~/Music --no-qr', 'of a folder'],
        ['shoal share song.flac --gateway https://example.org', 'with that gateway in the http link'],
        ["shoal get 'shoal:bafkreig…?name=song.flac&peer=…'", 'what others do with it'],
      ),
    )
    .action(act(share))
}

/** Before anything is shared; the node looks closer. */
function parseGateway(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new InvalidArgumentError('Give the address of a gateway, such as https://example.org.')
}

const share: Handler<ShareOptions, [string]> = async (session, { gateway, qr }, given) => {
  const { io, print } = session
  const isCid = looksLikeCid(given)
  const target = isCid ? given : resolve(io.cwd, given)
  const client = await session.client()
  if (!isCid) await sharePath(session, client, target)
  const { cid, name, size, shoal, http } = await client.json<LinkJson>('GET', '/links', {
    query: { target, gateway },
  })
  print.row({ event: 'link', cid, name, size, shoal, http })
  print.line(shoal)
  print.line(http)
  await showQr(session, shoal, qr)
  if (gateway === undefined && !print.json)
    print.note(
      'Others fetch it with: shoal get LINK   The second link is for this machine; for others give --gateway URL.',
      'dim',
    )
  return undefined
}
