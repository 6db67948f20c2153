import { resolve } from 'node:path'
import type { Command } from 'commander'
import { examples } from '../options.ts'
import type { Act, Handler } from '../session.ts'
import { serve } from './serve.ts'
import { dataFolder, type ServerOptions, serverFlags, withServerOptions } from './server-options.ts'

export function addIndex(program: Command, act: Act): void {
  const command = program
    .command('index')
    .description('run an index server: nodes tell it what they share, and ask it who has what')
  withServerOptions(command)
    .addHelpText(
      'after',
      examples(
        ['shoal index --data /var/lib/shoal-index', 'an index server with the usual ports'],
        ['shoal start --index index.example.org:9080', 'a node that uses it'],
      ),
    )
    .action(act(index))
}

const index: Handler<ServerOptions> = (session, options) =>
  serve(session, 'Shoal index server', async () => {
    const { startIndex } = await import('../../node/start-index.ts')
    const { env, cwd } = session.io
    const flags = Object.entries(serverFlags(options)).filter(([, value]) => value !== undefined)
    return startIndex({
      dataDir: dataFolder(options, session.io),
      configFile: options.config && resolve(cwd, options.config),
      flags: Object.fromEntries(flags),
      env,
      prettyLog: session.io.stderr.terminal && !session.print.json,
    })
  })
