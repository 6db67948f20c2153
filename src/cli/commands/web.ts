import type { Command } from 'commander'
import { ShoalError } from '../../base/errors.ts'
import type { NodeAddress } from '../client/locate-node.ts'
import { tokenAdvice } from '../client/problem.ts'
import { examples, withClientOptions } from '../options.ts'
import type { Act, ClientOptions, Handler, Session } from '../session.ts'
import { signedInUrl, writeForwarder } from '../sign-in-page.ts'

interface WebOptions extends ClientOptions {
  print?: true
}

export function addWeb(program: Command, act: Act): void {
  const command = program
    .command('web')
    .alias('open')
    .description('open the page of the node in the browser, signed in')
    .option('--print', 'print the address with the token in it instead of opening it')
  withClientOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal web', 'what the node shares, fetches and finds, in the browser'],
        ['shoal web --print', 'the address for another browser; whoever has it controls the node'],
      ),
    )
    .action(act(web))
}

const web: Handler<WebOptions> = async (session, options) => {
  const { print } = session
  const address = await session.address()
  const { url, token } = address
  if (token === undefined) throw new ShoalError('UNAUTHENTICATED', tokenAdvice(url, token))
  // A note of a node that was killed may still be there.
  await (await session.client()).json('GET', '/status')
  if (options.print) {
    const signedIn = signedInUrl(`${url}/`, token)
    print.row({ event: 'page', url: signedIn, opened: false })
    print.line(signedIn)
    return undefined
  }
  await openPage(session, address)
  return undefined
}

/**
 * Opens the page of a node in the browser, signed in. Where there is no browser it prints the address: with the token for a person at a
 * terminal, else without.
 */
export async function openPage({ io, print }: Session, { url, token }: NodeAddress): Promise<void> {
  const page = `${url}/`
  if (token === undefined) throw new ShoalError('UNAUTHENTICATED', tokenAdvice(url, token))
  const signedIn = signedInUrl(page, token)
  const opened = await io.openInBrowser(() =>
    writeForwarder(signedIn, { httpPort: portOf(url), env: io.env }),
  )
  print.row({ event: 'page', url: page, opened })
  if (opened) print.note(`Opened ${page} in the browser.`)
  else if (io.stdout.terminal) print.line(`Open this in a browser: ${signedIn}`)
  else
    print.line(
      `No browser can be opened here. The page is ${page}, and shoal web --print tells how to sign in.`,
    )
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return Number(port || (protocol === 'https:' ? 443 : 80))
}
