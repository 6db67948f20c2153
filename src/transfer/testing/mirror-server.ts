import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers instead of the server; false: the server does. */
export type Twist = (request: IncomingMessage, response: ServerResponse) => boolean

/** A small HTTP server with ranges (RFC 9110), as mirrors are, on 127.0.0.1. */
export class MirrorServer {
  /** By decoded path, with the leading slash. */
  readonly files = new Map<string, Uint8Array>()
  /** `METHOD /path bytes=A-B`, in order. */
  readonly requests: string[] = []
  /** Most requests that were answered at once. */
  most = 0
  twist: Twist = () => false
  readonly #server: Server
  #running = 0

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async start(files: Record<string, Uint8Array> = {}): Promise<MirrorServer> {
    const server = new MirrorServer()
    for (const [path, bytes] of Object.entries(files)) server.files.set(path, bytes)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push([request.method, request.url, request.headers.range].join(' '))
    this.most = Math.max(this.most, ++this.#running)
    response.on('close', () => this.#running--)
    if (this.twist(request, response)) return
    const bytes = this.files.get(decodeURIComponent(new URL(request.url ?? '/', this.url).pathname))
    if (!bytes) response.writeHead(404).end()
    else sendRange(request, response, bytes)
  }
}

/** The part that is asked for, or all. */
export function sendRange(request: IncomingMessage, response: ServerResponse, bytes: Uint8Array): void {
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
  if (start === undefined) {
    response.writeHead(200, { 'content-length': bytes.length }).end(bytes)
    return
  }
  const last = Math.min(Number(end), bytes.length - 1)
  if (Number(start) > last) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    return
  }
  response.writeHead(206, {
    'content-range': `bytes ${start}-${last}/${bytes.length}`,
    'content-length': last - Number(start) + 1,
  })
  response.end(bytes.subarray(Number(start), last + 1))
}
