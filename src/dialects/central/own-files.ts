import { createHash } from 'node:crypto'
import { withDeadline } from '../../base/signals.ts'
import { readWhole } from '../common/read-whole.ts'
import { remember } from '../common/remember.ts'
import type { DialectAddress, DialectContext, DialectFile } from '../dialect.ts'
import type { CentralOptions } from './central.ts'
import { MAX_FILE_BYTES, type Resource, requestOf } from './wire.ts'

/** Files that are remembered as told: more than are listed. */
const MAX_TOLD = 4_096

/** Shoal's files as resources of this node. The path has the CID, so each of several files of one name can be asked for. */
export class OwnFiles {
  readonly #context: DialectContext
  readonly #options: CentralOptions
  readonly #stop: AbortSignal
  /** What was told, by what a client sends to fetch it; told longest ago first. */
  readonly #told = new Map<string, { file: DialectFile; md5: string }>()

  constructor(context: DialectContext, options: CentralOptions, stop: AbortSignal) {
    this.#context = context
    this.#options = options
    this.#stop = stop
  }

  /** Those that this node shares and that go into a datagram. What cannot be read in time is left out. */
  async list(where: DialectAddress): Promise<Resource[]> {
    using deadline = withDeadline(this.#context.clock, this.#options.lookupTimeoutMs, this.#stop)
    const resources: Resource[] = []
    for (const file of this.#context.node.shared({
      limit: this.#options.maxListed,
      maxBytes: MAX_FILE_BYTES,
    })) {
      const resource = await this.#tell(file, where, deadline.signal)
      if (resource) resources.push(resource)
    }
    return resources
  }

  /** One of this name, here or with other nodes. */
  async find(name: string, where: DialectAddress): Promise<Resource | undefined> {
    using deadline = withDeadline(this.#context.clock, this.#options.lookupTimeoutMs, this.#stop)
    try {
      for await (const file of this.#context.node.find({ name }, deadline.signal)) {
        if (file.name !== name || file.sizeBytes > MAX_FILE_BYTES) continue
        const resource = await this.#tell(file, where, deadline.signal)
        if (resource) return resource
      }
    } catch (error) {
      if (!deadline.signal.aborted) throw error
    }
    return undefined
  }

  /** The whole of a file that was told, unless it is shared no longer; undefined for all else. */
  async read(request: string): Promise<Uint8Array | undefined> {
    const file = this.#told.get(request)?.file
    if (!file) return undefined
    using deadline = withDeadline(this.#context.clock, this.#options.fetchTimeoutMs, this.#stop)
    try {
      if (file.isHere && !(await this.#isShared(file, deadline.signal))) return undefined
      return await readWhole(this.#context.node, file, deadline.signal)
    } catch (error) {
      this.#context.log.debug({ err: error, cid: file.cid }, 'a file that was told cannot be read')
      return undefined
    }
  }

  async #isShared({ cid, name }: DialectFile, signal: AbortSignal): Promise<boolean> {
    for await (const file of this.#context.node.find({ name, here: true }, signal))
      if (file.cid === cid && file.name === name) return true
    return false
  }

  async #tell(file: DialectFile, where: DialectAddress, signal: AbortSignal): Promise<Resource | undefined> {
    const place = { peer_ip: where.host, peer_port: where.port, resource_path: `shoal/${file.cid}` }
    const request = requestOf({ ...place, resource_name: file.name, resource_hash: '' })
    try {
      const md5 = this.#told.get(request)?.md5 ?? md5Of(await readWhole(this.#context.node, file, signal))
      remember(this.#told, request, { file, md5 }, MAX_TOLD)
      return { ...place, resource_name: file.name, resource_hash: md5 }
    } catch {
      return undefined
    }
  }
}

const md5Of = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')
