import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Random } from '../base/random.ts'

/** Elsewhere a socket has a name that is gone with its process, however that ends. */
const isFile = process.platform !== 'linux' && process.platform !== 'win32'

/**
 * A local socket at which nothing is said. grpc-js always connects a socket of its own before it asks its credentials to secure it; for
 * a tunnel it connects to this one, and the credentials then use the tunnel's stream instead (see {@link TunnelCredentials}).
 */
export class Doorstep {
  readonly #random: Random
  #server: Promise<Server> | undefined
  #path = ''
  #isClosed = false

  constructor(random: Random) {
    this.#random = random
  }

  /** A grpc-js target to connect to. Made when it is first wanted. */
  async target(): Promise<string> {
    this.#server ??= this.#listen()
    await this.#server
    return `unix:${this.#path}`
  }

  /** Leaves no socket and no file behind. */
  async close(): Promise<void> {
    this.#isClosed = true
    const server = await this.#server?.catch(() => undefined)
    if (!server?.listening) return
    server.close()
    await once(server, 'close')
    if (isFile) await rm(this.#path, { force: true })
  }

  async #listen(): Promise<Server> {
    const name = `shoal-${process.pid}-${Buffer.from(this.#random.bytes(6)).toString('hex')}`
    this.#path = pathOf(name)
    const server = createServer((socket) => {
      socket.on('error', () => {})
      socket.resume()
      if (this.#isClosed) socket.destroy()
    })
    server.listen(this.#path)
    await once(server, 'listening')
    // It alone keeps no process running.
    server.unref()
    return server
  }
}

/** On Linux in the abstract namespace (man 7 unix). */
function pathOf(name: string): string {
  if (isFile) return join(tmpdir(), `${name}.sock`)
  return process.platform === 'linux' ? `\0${name}` : `\\\\.\\pipe\\${name}`
}
