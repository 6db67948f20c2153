import { styleText } from 'node:util'
import { Command } from 'commander'
import { VERSION } from '../base/version.ts'
import type { CliIo } from './io.ts'
import { examples } from './options.ts'
import { type Act, actWith, type Outcome } from './session.ts'

type Registrar = (program: Command, act: Act) => void

/** Commands by name, in the groups and the order of the help. Loading all of them takes as long as Node needs to start. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, () => Promise<Registrar>>>>> = {
  Run: {
    start: async () => (await import('./commands/start.ts')).addStart,
    web: async () => (await import('./commands/web.ts')).addWeb,
    index: async () => (await import('./commands/index-server.ts')).addIndex,
    network: async () => (await import('./commands/network.ts')).addNetwork,
  },
  'Find and fetch': {
    search: async () => (await import('./commands/search.ts')).addSearch,
    wish: async () => (await import('./commands/wish.ts')).addWish,
    get: async () => (await import('./commands/get.ts')).addGet,
    downloads: async () => (await import('./commands/downloads.ts')).addDownloads,
  },
  Share: {
    add: async () => (await import('./commands/add.ts')).addAdd,
    share: async () => (await import('./commands/share.ts')).addShare,
    ls: async () => (await import('./commands/ls.ts')).addLs,
    rm: async () => (await import('./commands/rm.ts')).addRm,
    verify: async () => (await import('./commands/verify.ts')).addVerify,
    uploads: async () => (await import('./commands/uploads.ts')).addUploads,
  },
  'Keep copies': {
    push: async () => (await import('./commands/push.ts')).addPush,
    replicas: async () => (await import('./commands/replicas.ts')).addReplicas,
    unpush: async () => (await import('./commands/unpush.ts')).addUnpush,
    pin: async () => (await import('./commands/pin.ts')).addPin,
    unpin: async () => (await import('./commands/unpin.ts')).addUnpin,
  },
  Values: {
    kv: async () => (await import('./commands/kv.ts')).addKv,
  },
  'Look and set': {
    status: async () => (await import('./commands/status.ts')).addStatus,
    stats: async () => (await import('./commands/stats.ts')).addStats,
    doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
    peers: async () => (await import('./commands/peers.ts')).addPeers,
    id: async () => (await import('./commands/id.ts')).addId,
    config: async () => (await import('./commands/config.ts')).addConfig,
    completion: async () => (await import('./commands/completion.ts')).addCompletion,
  },
}

/**
 * The command tree: of the commands only the one that `args` begin with, or all of them when it is none, and when it tells of the others. Parse errors,
 * help and version are thrown as CommanderError, never exits.
 */
export async function buildProgram(
  io: CliIo,
  outcome: Outcome,
  args: readonly string[] = [],
): Promise<Command> {
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
  for (const [title, commands] of Object.entries(wanted(args[0]))) {
    program.commandsGroup(`${title}:`)
    for (const load of Object.values(commands)) (await load())(program, act)
  }
  program.helpCommand(true)
  return program
}

function wanted(name = ''): typeof GROUPS {
  // The script for the shell completes all commands.
  if (name === 'completion') return GROUPS
  for (const [title, commands] of Object.entries(GROUPS))
    if (Object.hasOwn(commands, name)) return { [title]: { [name]: commands[name]! } }
  return GROUPS
}
