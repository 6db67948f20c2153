import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Command } from 'commander'
import { NODE_OPERATIONS } from '../src/api/document/node-operations.ts'
import { buildProgram } from '../src/cli/program.ts'
import { NodeService } from '../src/contract/gen/shoal/v1/node_pb.ts'

/** What docs/API.md says: the rows of its table. */
const rows = readFileSync(new URL('../docs/API.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => /^\| `[a-z]/.test(line))
  .map((line) => {
    const [, id = '', rest = '', grpc = '', command = ''] = line.split('|').map((cell) => cell.trim())
    return { id: id.replaceAll('`', ''), rest: rest.replaceAll('`', ''), grpc, command }
  })

/** Names in backquotes, and none where there is a reason instead. */
const namesIn = (cell: string) =>
  cell.startsWith('—') ? [] : [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)

/** Commands that ask nothing of a running node that others do not ask. */
const LOCAL = ['start', 'web', 'index', 'network', 'completion', 'help']

test('the table of abilities has every operation of REST by its name', () => {
  const promised = Object.entries(NODE_OPERATIONS).map(([key, { id }]) => [id, key])
  assert.deepEqual(rows.map(({ id, rest }) => [id, rest]).sort(), promised.sort())
})

test('gRPC has the same abilities under the same names, or the table says why not', () => {
  const methods = Object.values(NodeService.method).map(({ name }) => name)
  const named = new Set<string>()
  for (const { id, grpc } of rows) {
    const [name] = namesIn(grpc)
    if (name === undefined) {
      assert.match(grpc, /^— \S+/, `${id} has no method over gRPC, and no reason`)
      continue
    }
    named.add(name)
    if (!grpc.startsWith('(')) assert.equal(name.charAt(0).toLowerCase() + name.slice(1), id)
  }
  assert.deepEqual([...named].sort(), [...methods].sort())
})

test('commands have the same abilities, or the table says why not', async () => {
  const quiet = { stdout: { columns: 80, colors: false }, stderr: { columns: 80, colors: false } }
  const program = await buildProgram(quiet as never, {} as never)
  const commands = new Map(
    program.commands.flatMap((command): [string, Command][] =>
      command.commands.length > 0
        ? command.commands.map((each) => [`${command.name()} ${each.name()}`, each])
        : [[command.name(), command]],
    ),
  )
  const named = new Set<string>()
  for (const { id, command: cell } of rows) {
    const names = namesIn(cell)
    if (names.length === 0) assert.match(cell, /^— \S+/, `${id} has no command, and no reason`)
    for (const text of names) {
      const [name = '', option] = text.split(/ (?=--)/)
      const command = commands.get(name)
      assert.ok(command, `there is no command ${name}`)
      if (option)
        assert.ok(
          command.options.some(({ long }) => long === option),
          text,
        )
      named.add(name)
    }
  }
  const left = [...commands.keys()].filter((name) => !named.has(name) && !LOCAL.includes(name.split(' ')[0]!))
  assert.deepEqual(left, [], 'commands that the table does not name')
})
