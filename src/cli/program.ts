import { styleText } from 'node:util'
import { Command } from 'commander'
import { VERSION } from '../base/version.ts'
import { addAdd } from './commands/add.ts'
import { addCompletion } from './commands/completion.ts'
import { addConfig } from './commands/config.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDownloads } from './commands/downloads.ts'
import { addGet } from './commands/get.ts'
import { addId } from './commands/id.ts'
import { addIndex } from './commands/index-server.ts'
import { addKv } from './commands/kv.ts'
import { addLs } from './commands/ls.ts'
import { addNetwork } from './commands/network.ts'
import { addPeers } from './commands/peers.ts'
import { addRm } from './commands/rm.ts'
import { addSearch } from './commands/search.ts'
import { addStart } from './commands/start.ts'
import { addStatus } from './commands/status.ts'
import { addUploads } from './commands/uploads.ts'
import { addVerify } from './commands/verify.ts'
import type { CliIo } from './io.ts'
import { examples } from './options.ts'
import { actWith, type Outcome } from './session.ts'

/** The whole command tree. Parse errors, help and version are thrown as CommanderError, never exits. */
export function buildProgram(io: CliIo, outcome: Outcome): Command {
  const program = new Command('shoal')
    .description('Shares files, finds files by words, and fetches them from everybody who has them.')
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // The runner prints errors itself, in one line.
      outputError: () => {},
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => io.stdout.colors,
      getErrHasColors: () => io.stderr.colors,
    })
    .configureHelp({ styleTitle: (title) => styleText('bold', title, { validateStream: false }) })
    .addHelpText(
      'after',
      examples(
        ['shoal start --share ~/Public', 'run a node that shares a folder'],
        ['shoal search holiday photos', 'find files by words'],
        ["shoal get 'holiday.zip'", 'fetch a file from everybody who has it'],
        ['shoal help get', 'more about one command'],
      ),
    )
  const act = actWith(io, outcome)
  const groups = [
    ['Run', [addStart, addIndex, addNetwork]],
    ['Find and fetch', [addSearch, addGet, addDownloads]],
    ['Share', [addAdd, addLs, addRm, addVerify, addUploads]],
    ['Values', [addKv]],
    ['Look and set', [addStatus, addDoctor, addPeers, addId, addConfig, addCompletion]],
  ] as const
  for (const [title, registrars] of groups) {
    program.commandsGroup(`${title}:`)
    for (const register of registrars) register(program, act)
  }
  program.helpCommand(true)
  return program
}
