import { allNodes, type CompletionNode, type ValueKind } from './model.ts'

/** The completion script for bash 3.2 and later. */
export function bashScript(root: CompletionNode): string {
  const nodes = allNodes(root)
  const steps = nodes.filter(({ words }) => words.length > 0).map(({ words }) => `"/${words.join('/')}"`)
  return `# bash completion for shoal. Use it with: source <(shoal completion bash)
_shoal() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" level="" i
  local IFS=$'\\n'
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$level/\${COMP_WORDS[i]}" in
      ${steps.join('|')}) level="$level/\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$level $prev" in
${nodes.flatMap(valueCases).join('\n')}
  esac
  case "$level" in
${nodes.map(nodeCase).join('\n')}
  esac
}
complete -F _shoal shoal
`
}

const levelOf = ({ words }: CompletionNode) => words.map((word) => `/${word}`).join('')

/** After an option that takes a value: offer values and nothing else. */
function valueCases(node: CompletionNode): string[] {
  return node.options
    .filter(({ value }) => value !== undefined)
    .map(({ flags, value }) => {
      const patterns = flags.map((flag) => `"${levelOf(node)} ${flag}"`).join('|')
      return `    ${patterns}) ${offer(value!)} return ;;`
    })
}

function nodeCase(node: CompletionNode): string {
  const flags = node.options.flatMap((option) => option.flags)
  const names = node.children.map(({ words }) => words.at(-1)!)
  const positional = names.length > 0 ? words(names) : node.argument ? offer(node.argument) : ':;'
  return `    "${levelOf(node)}") if [[ "$cur" == -* ]]; then ${words(flags)} else ${positional} fi ;;`
}

const words = (list: readonly string[]) => `COMPREPLY=($(compgen -W $'${list.join('\\n')}' -- "$cur"));`

function offer(value: ValueKind): string {
  switch (value.kind) {
    case 'files':
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"));'
    case 'folders':
      return 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"));'
    case 'choices':
      return words(value.choices)
    case 'any':
      return ':;'
  }
}
