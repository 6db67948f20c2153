import { allNodes, type CompletionNode, type CompletionOption, type ValueKind } from './model.ts'

/** The completion script for fish 3 and later. */
export function fishScript(root: CompletionNode): string {
  const nodes = allNodes(root)
  const steps = nodes.filter(({ words }) => words.length > 0).map(({ words }) => `/${words.join('/')}`)
  return `# fish completion for shoal. Use it with: shoal completion fish | source
function __shoal_at --argument-names wanted
    set -l level ''
    for word in (commandline -opc)[2..-1]
        switch "$level/$word"
            case ${steps.join(' ')}
                set level "$level/$word"
        end
    end
    test "$level" = "$wanted"
end
complete -c shoal -f
${nodes.flatMap(nodeLines).join('\n')}
`
}

function nodeLines(node: CompletionNode): string[] {
  const level = node.words.map((word) => `/${word}`).join('')
  const start = `complete -c shoal -n ${quoted(`__shoal_at '${level}'`)}`
  const commands = node.children.map(
    ({ words, description }) => `${start} -a ${words.at(-1)} -d ${quoted(description)}`,
  )
  const positional = node.children.length === 0 && node.argument ? argumentLine(node.argument) : undefined
  const options = node.options.map((option) => `${start} ${optionPart(option)}`)
  return [...commands, ...(positional ? [`${start} ${positional}`] : []), ...options]
}

function optionPart({ flags, description, value }: CompletionOption): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`))
  return [...names, ...(value ? [valuePart(value)] : []), `-d ${quoted(description)}`].join(' ')
}

function valuePart(value: ValueKind): string {
  switch (value.kind) {
    case 'files':
      return '-r -F'
    case 'folders':
      return "-x -a '(__fish_complete_directories)'"
    case 'choices':
      return `-x -a ${quoted(value.choices.join(' '))}`
    case 'any':
      return '-x'
  }
}

function argumentLine(value: ValueKind): string | undefined {
  if (value.kind === 'files') return '-F'
  if (value.kind === 'folders') return "-a '(__fish_complete_directories)'"
  return value.kind === 'choices' ? `-a ${quoted(value.choices.join(' '))}` : undefined
}

const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
