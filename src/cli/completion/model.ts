import type { Argument, Command, Option } from 'commander'

/** What may stand in the place of a value. */
export type ValueKind =
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  | { readonly kind: 'choices'; readonly choices: readonly string[] }
  /** Anything: nothing can be offered. */
  | { readonly kind: 'any' }

export interface CompletionOption {
  /** `--out`, and its short form if there is one. */
  readonly flags: readonly string[]
  readonly description: string
  /** undefined for a switch. */
  readonly value: ValueKind | undefined
}

/** One command of the tree as the shells need it. */
export interface CompletionNode {
  /** Command words from the root, without the program: `['config', 'get']`; empty for the root. */
  readonly words: readonly string[]
  readonly description: string
  readonly options: readonly CompletionOption[]
  readonly children: readonly CompletionNode[]
  /** What the first positional argument is; undefined when there is none. */
  readonly argument: ValueKind | undefined
}

/** The completion model of a command tree: what commander knows, and nothing that could grow stale. */
export function completionModel(command: Command, words: readonly string[] = []): CompletionNode {
  const help = command.createHelp()
  const children = help
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help')
    .map((child) => completionModel(child, [...words, child.name()]))
  // The default sub-command's options may follow its parent at once: `shoal downloads --json`.
  const preset = children.find((child) => child.words.at(-1) === 'list')
  return {
    words,
    description: command.description(),
    options: [...help.visibleOptions(command).map(optionModel), ...(preset?.options ?? [])].filter(
      (option, i, all) => all.findIndex((other) => other.flags[0] === option.flags[0]) === i,
    ),
    children,
    argument: command.registeredArguments[0] && argumentKind(command.registeredArguments[0]),
  }
}

/** All commands below and including `node`. */
export function allNodes(node: CompletionNode): CompletionNode[] {
  return [node, ...node.children.flatMap(allNodes)]
}

function optionModel(option: Option): CompletionOption {
  const flags = [option.long, option.short].filter((flag) => flag !== undefined && flag !== null)
  const takesValue = option.required || option.optional
  const placeholder = /[<[]([\w-]+)/.exec(option.flags)?.[1] ?? ''
  return {
    flags,
    description: option.description,
    value: takesValue ? valueKind(placeholder, option.argChoices) : undefined,
  }
}

const argumentKind = (argument: Argument) => valueKind(argument.name(), argument.argChoices)

/** Placeholders tell what a value is: `<dir>` a folder, `<file>` and `<path>` a path. */
function valueKind(placeholder: string, choices: readonly string[] | undefined): ValueKind {
  if (choices) return { kind: 'choices', choices }
  if (placeholder === 'dir') return { kind: 'folders' }
  if (/^(file|paths?|targets)$/.test(placeholder)) return { kind: 'files' }
  return { kind: 'any' }
}
