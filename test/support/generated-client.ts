import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const orval = join(
  dirname(createRequire(import.meta.url).resolve('orval/package.json')),
  'dist/bin/orval.mjs',
)

/** What a client function of the generator resolves with: also for errors. */
export interface ClientAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the types are in the generated file, which is checked for itself
  readonly data: any
  /** In place of `data` where the answer goes on for a while. */
  readonly stream?: Response
  readonly headers: Headers
}

/** By operationId. */
export type GeneratedClient = Record<string, (...args: unknown[]) => Promise<ClientAnswer>>

/**
 * Generates a client for fetch from an OpenAPI document, as anybody could: one file of TypeScript, `client.ts` in `folder`.
 *
 * @throws when the generator finds that the document is not sound OpenAPI
 */
export async function generateClient(
  document: object,
  { folder, baseUrl }: { folder: string; baseUrl: string },
): Promise<GeneratedClient> {
  const output = {
    target: './client.ts',
    ...{ client: 'fetch', mode: 'single', baseUrl, urlEncodeParameters: true },
  }
  const config = { shoal: { input: { target: './openapi.json' }, output } }
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text)
  write('package.json', JSON.stringify({ type: 'module' }))
  write('openapi.json', JSON.stringify(document))
  write('orval.config.mjs', `export default ${JSON.stringify(config)}\n`)
  await run(process.execPath, [orval], { cwd: folder, timeout: 60_000 })
  return await import(pathToFileURL(join(folder, 'client.ts')).href)
}
