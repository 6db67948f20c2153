import { parseArgs } from 'node:util'
import type { Scenario, ScenarioSizes } from './scenario.ts'
import { SCENARIOS } from './scenarios/all.ts'

export interface LabArguments extends ScenarioSizes {
  readonly scenarios: readonly Scenario[]
  /** Folder for tables and plots; undefined: docs/lab. */
  readonly out: string | undefined
  readonly list: boolean
  readonly help: boolean
  /** Worlds at once. */
  readonly jobs: number
}

export const USAGE = `npm run lab -- [SCENARIO…] [options]

  --seed S        seed of all that is random (default 1)
  --nodes N       nodes of each world (default: the scenario's own sizes)
  --queries Q     searches of each measurement
  --quick         small worlds, to see that it works
  --out DIR       folder for tables and plots (default docs/lab)
  --jobs J        worlds at once, each in a process of its own (default 2)
  --list          names of the scenarios`

/** A bad argument; its message is for people. */
export class UsageError extends Error {}

/** Reads the command line. @throws UsageError */
export function readArguments(args: readonly string[]): LabArguments {
  const { values, positionals } = parse(args)
  const unknown = positionals.find((name) => !SCENARIOS.some((scenario) => scenario.name === name))
  if (unknown !== undefined) {
    const names = SCENARIOS.map(({ name }) => name).join(', ')
    throw new UsageError(`There is no scenario "${unknown}". There are: ${names}.`)
  }
  const number = (name: 'seed' | 'nodes' | 'queries' | 'jobs', min: number, max: number) => {
    const text = values[name]
    if (text === undefined) return undefined
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new UsageError(`--${name} has to be a whole number from ${min} to ${max}, not "${text}".`)
  }
  if (values.out === '') throw new UsageError('--out has to name a folder.')
  return {
    scenarios: SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    out: values.out,
    list: values.list,
    help: values.help,
    quick: values.quick,
    seed: number('seed', 0, 999_999_999) ?? 1,
    nodes: number('nodes', 4, 20_000),
    queries: number('queries', 1, 100_000),
    jobs: number('jobs', 1, 64) ?? 2,
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        seed: { type: 'string' },
        nodes: { type: 'string' },
        queries: { type: 'string' },
        jobs: { type: 'string' },
        out: { type: 'string' },
        list: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}
