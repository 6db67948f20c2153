import { allNodes, type CompletionNode, type CompletionOption, type ValueKind } from './model.ts'

/** The completion script for zsh; works sourced and as a file `_shoal` in a folder of $fpath. */
export function zshScript(root: CompletionNode): string {
  const nodes = allNodes(root)
  const steps = nodes.filter(({ words }) => words.length > 0).map(({ words }) => `/${words.join('/')}`)
  return `#compdef shoal
# zsh completion for shoal. Use it with: source <(shoal completion zsh)
_shoal() {
  local level='' i
  local -a offered
  for (( i = 2; i < CURRENT; i++ )); do
    case "$level/\${words[i]}" in
      (${steps.join('|')}) level="$level/\${words[i]}" ;;
    esac
  done
  case "$level \${words[CURRENT-1]}" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$level" in
${nodes.map(nodeCase).join('\n')}
  esac
}
if [[ "\${funcstack[1]}" == _shoal ]]; then
  _shoal "$@"
else
  compdef _shoal shoal
fi
`
}

const levelOf = ({ words }: CompletionNode) => words.map((word) => `/${word}`).join('')

function valueCases(node: CompletionNode): string[] {
  return node.options
    .filter(({ value }) => value !== undefined)
    .map(({ flags, value }) => {
      const patterns = flags.map((flag) => quoted(`${levelOf(node)} ${flag}`)).join('|')
      return `    (${patterns}) ${offer(value!)}; return ;;`
    })
}

function nodeCase(node: CompletionNode): string {
  const commands = node.children.map(({ words, description }) => described(words.at(-1)!, description))
  const positional =
    commands.length > 0
      ? `offered=(${commands.join(' ')}); _describe command offered`
      : node.argument
        ? offer(node.argument)
        : ':'
  const options = node.options.flatMap(flagItems)
  return `    (${quoted(levelOf(node))})
      if [[ "\${words[CURRENT]}" == -* ]]; then offered=(${options.join(' ')}); _describe -o option offered
      else ${positional}; fi ;;`
}

const flagItems = ({ flags, description }: CompletionOption) =>
  flags.map((flag) => described(flag, description))

function offer(value: ValueKind): string {
  switch (value.kind) {
    case 'files':
      return '_files'
    case 'folders':
      return '_files -/'
    case 'choices':
      return `offered=(${value.choices.map(quoted).join(' ')}); _describe value offered`
    case 'any':
      return "_message 'value'"
  }
}

/** `name:description` as _describe takes it. */
const described = (name: string, description: string) =>
  quoted(`${name.replaceAll(':', '\\:')}:${description}`)

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
