import { Argument, type Command } from 'commander'
import { examples } from '../options.ts'
import type { Act } from '../session.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

export function addCompletion(program: Command, act: Act): void {
  program
    .command('completion')
    .description('print a script with which the shell completes commands and options')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      examples(
        ['source <(shoal completion bash)', 'in ~/.bashrc'],
        ['source <(shoal completion zsh)', 'in ~/.zshrc, after compinit'],
        ['shoal completion fish | source', 'in ~/.config/fish/config.fish'],
      ),
    )
    .action(
      act(async ({ io }, _options, shell: string) => {
        io.stdout.write(await completionScript(program, shell))
        return undefined
      }),
    )
}

/** The completion script of `program` for one of {@link SHELLS}. */
export async function completionScript(program: Command, shell: string): Promise<string> {
  const { completionModel } = await import('../completion/model.ts')
  const model = completionModel(program)
  switch (shell) {
    case 'bash':
      return (await import('../completion/bash.ts')).bashScript(model)
    case 'zsh':
      return (await import('../completion/zsh.ts')).zshScript(model)
    default:
      return (await import('../completion/fish.ts')).fishScript(model)
  }
}
