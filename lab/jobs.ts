import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { RunResult } from './measures.ts'
import type { RunSpec } from './spec.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

export interface JobOptions {
  /** Worlds at once, each in a process of its own. */
  readonly atOnce: number
  /** Node options of these processes, such as a memory limit. */
  readonly execArgv: readonly string[]
  readonly onDone: (result: RunResult) => void
}

/** Answer of the child process. */
export type ChildMessage = { readonly result: RunResult } | { readonly error: string }

/**
 * Runs each spec in a process of its own; results in the order of the specs. When one fails, those that still run are
 * ended and the failure is thrown.
 */
export async function runAll(
  specs: readonly RunSpec[],
  { atOnce, execArgv, onDone }: JobOptions,
): Promise<RunResult[]> {
  const results: RunResult[] = []
  const children = new Set<ChildProcess>()
  let next = 0
  const work = async () => {
    while (next < specs.length) {
      const at = next++
      const child = fork(CHILD, { execArgv: [...execArgv] })
      children.add(child)
      try {
        results[at] = await outcomeOf(child, specs[at]!)
        onDone(results[at])
      } finally {
        children.delete(child)
      }
    }
  }
  try {
    await Promise.all(Array.from({ length: atOnce }, work))
  } finally {
    next = specs.length
    for (const child of children) child.kill('SIGKILL')
  }
  return results
}

function outcomeOf(child: ChildProcess, spec: RunSpec): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`The world "${spec.label}" failed: ${why}`))
    child.once('message', (message: ChildMessage) => {
      if ('error' in message) fail(message.error)
      else resolve(message.result)
    })
    child.once('error', (error) => fail(error.message))
    child.once('exit', (code, signal) => fail(`its process ended with ${signal ?? code}`))
    child.send(spec)
  })
}
