import { resolve } from 'node:path'
import type { Command } from 'commander'
import { toShoalError } from '../../base/errors.ts'
import { collectList, examples, locatorsOption, parseLimit } from '../options.ts'
import type { Act, Handler, Session } from '../session.ts'
import { serve } from './serve.ts'
import { dataFolder, type ServerOptions, serverFlags, withServerOptions } from './server-options.ts'

/** Options of `shoal start` as commander gives them. */
export interface StartOptions extends ServerOptions {
  share?: string[]
  downloads?: string
  index?: string[]
  peer?: string[]
  discovery?: string[]
  mdns?: boolean
  relay?: boolean
  dialect?: string[]
  open?: true
  uploadLimit?: number
  downloadLimit?: number
}

export function addStart(program: Command, act: Act): void {
  const command = program
    .command('start')
    .description('run a node: share folders, serve the files to others, take commands')
    .option('--share <paths...>', 'folders or files to share')
    .option('--downloads <dir>', 'folder for finished downloads')
    .option(
      '--index <urls...>',
      'index servers: HOST:PORT, http://HOST:PORT or PEERID@HOST:PORT',
      collectList,
    )
    .option('--peer <addrs...>', 'peers to join the network by: HOST:PORT, or a multiaddr', collectList)
    .addOption(locatorsOption('--discovery <locators>', 'how to find things, separated by commas'))
    .option('--upload-limit <rate>', 'most for uploads outside the local network, such as 5MiB/s', parseLimit)
    .option('--download-limit <rate>', 'most for downloads from outside of it', parseLimit)
    .option('--relay', 'be a relay for peers that nobody can reach')
    .option(
      '--dialect <specs...>',
      'serve clients of another system: NAME:PORT, such as central:5000 or kv:7000',
      collectList,
    )
    .option('--open', 'open the page of the node in the browser when it runs')
    .option('--no-mdns', 'do not look for peers on the local network')
  withServerOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal start', 'a node with the usual folders and ports'],
        ['shoal start --share ~/Music ~/Video', 'share two folders'],
        ['shoal start --peer 192.0.2.7:9081', 'join the network that this peer is in; no server is needed'],
        ['shoal start --relay', 'help peers behind NAT; for machines with a public address'],
        ['shoal start --index index.example.org:9080', 'announce and search through an index server'],
        [
          'shoal start --dialect central:5000 --dialect flood:8082',
          'clients of other systems take part, see docs/DIALECTS.md',
        ],
        ['shoal start --data /tmp/a --http-port 0 --grpc-port 0 --json', 'a second node, for scripts'],
      ),
    )
    .action(act(start))
}

const start: Handler<StartOptions> = (session, options) => {
  const { io, print, sameNode } = session
  const { env, cwd } = io
  const run = async () => {
    const { startNode } = await import('../../node/start.ts')
    return startNode({
      dataDir: dataFolder(options, io),
      configFile: options.config && resolve(cwd, options.config),
      flags: nodeFlags(options, cwd),
      env,
      prettyLog: io.stderr.terminal && !print.json,
    })
  }
  return serve(session, 'Shoal', run, {
    lines: ({ http }) =>
      io.stdout.terminal ? [`  Page    ${http}/ (sign in with: shoal web${sameNode})`] : [],
    onReady: async () => {
      if (options.open) await openOwnPage(session, options)
    },
  })
}

/** The page of the node that this process runs, whatever node the environment names. A node runs on without it. */
async function openOwnPage(session: Session, { data }: StartOptions): Promise<void> {
  const { io, print } = session
  const [{ locateNode }, { openPage }] = await Promise.all([
    import('../client/locate-node.ts'),
    import('./web.ts'),
  ])
  const env = { ...io.env, SHOAL_NODE: undefined, SHOAL_TOKEN: undefined }
  try {
    await openPage(session, locateNode(data === undefined ? {} : { data }, { env, cwd: io.cwd }))
  } catch (error) {
    print.note(`The page could not be opened: ${toShoalError(error, 'IO').message}`, 'yellow')
  }
}

/** The settings that flags give, under the names of the configuration; the others are left out. Paths are absolute. */
export function nodeFlags(options: StartOptions, cwd: string): Record<string, unknown> {
  const flags = {
    ...serverFlags(options),
    shares: options.share?.map((path) => resolve(cwd, path)),
    downloads: options.downloads && resolve(cwd, options.downloads),
    index: options.index,
    peers: options.peer,
    discovery: options.discovery,
    // Commander says true when --no-mdns is not given, which must not overrule the configuration.
    mdns: options.mdns === false ? false : undefined,
    relay: options.relay,
    dialects: options.dialect,
    uploadLimit: options.uploadLimit,
    downloadLimit: options.downloadLimit,
  }
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined))
}
