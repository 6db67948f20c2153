import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { writeFileAtomic } from '../base/atomic-file.ts'
import { type Environment, nodeFile, pageFile, runtimeDir, runtimeFile, tokenFile } from '../base/paths.ts'

export interface RunningNode {
  /** Process id. */
  readonly pid: number
  /** URL of the HTTP API. */
  readonly http: string
  /** HOST:PORT of the gRPC server. */
  readonly grpc: string | undefined
  readonly peerId: string
}

export interface PublishOptions {
  readonly dataDir: string
  /** Port of the HTTP API: the note for others is found by it. */
  readonly httpPort: number
  readonly node: RunningNode
  readonly env?: Environment
}

/**
 * Notes that a node runs, so that its owner's clients find it: in DATA/node.json, and by its port in the
 * folder for running nodes (paths.ts), both for the owner's eyes only. They name the token's file, not the
 * token.
 *
 * @returns takes the notes away again, unless another node has written its own there meanwhile
 * @throws system errors when a note cannot be written
 */
export function publishNode({ dataDir, httpPort, node, env = process.env }: PublishOptions): () => void {
  const { pid, http, grpc, peerId } = node
  const text = `${JSON.stringify({ pid, http, grpc, peerId, token: tokenFile(dataDir) }, null, 2)}\n`
  const paths = [nodeFile(dataDir), runtimeFile(httpPort, env)]
  mkdirSync(runtimeDir(env), { recursive: true, mode: 0o700 })
  for (const path of paths) writeFileAtomic(path, text, 0o600)
  return () => {
    // What a client wrote to sign a browser in holds the token.
    if (textOf(runtimeFile(httpPort, env)) === text) rmSync(pageFile(httpPort, env), { force: true })
    for (const path of paths) if (textOf(path) === text) rmSync(path, { force: true })
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
