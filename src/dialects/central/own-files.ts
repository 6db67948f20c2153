import { createHash } from 'node:crypto'
import { withDeadline } from '../../base/signals.ts'
import { firstOf } from '../common/first-of.ts'
import { readWhole } from '../common/read-whole.ts'
import { remember } from '../common/remember.ts'
import type { DialectAddress, DialectContext, DialectFile } from '../dialect.ts'
import { DATAGRAM, type Resource } from './wire.ts'

const MAX_LISTED = 1_000
/** Files that are remembered as told: more than are listed. */
const MAX_TOLD = 4_096

/** Shoal's files as resources of this node. The path has the CID, so each of several files of one name can be asked for. */
export class OwnFiles {
  readonly #context: DialectContext
  /** What was told, by what a client sends to fetch it; told longest ago first. */
  readonly #told = new Map<string, { file: DialectFile; md5: string }>()
  /** Where clients fetch them. */
  where: DialectAddress | undefined

  constructor(context: DialectContext) {
    this.#context = context
  }

  /** Those that this node shares and that go into a datagram. What cannot be read in time is left out. */
  async list(signal: AbortSignal): Promise<Resource[]> {
    const resources: (Resource | undefined)[] = []
    for (const file of this.#context.node.shared({ limit: MAX_LISTED, maxBytes: DATAGRAM.maxBytes }))
      resources.push(await this.#tell(file, signal))
    return resources.filter((resource) => resource !== undefined)
  }

  /** One of this name, here or with other nodes, that is found in time. */
  async find(name: string, signal: AbortSignal): Promise<Resource | undefined> {
    const found = firstOf(this.#context.node, { name }, (file) => this.#tell(file, signal), signal)
    return found.catch((error) => {
      if (!signal.aborted) throw error
      return undefined
    })
  }

  /** The whole of a file that was told, unless it is shared no longer; undefined for all else. */
  async read(request: string, stop: AbortSignal): Promise<Uint8Array | undefined> {
    const { node, clock, log } = this.#context
    const file = this.#told.get(request)?.file
    if (!file) return undefined
    const { cid, name, isHere } = file
    using deadline = withDeadline(clock, DATAGRAM.timeoutMs, stop)
    const { signal } = deadline
    const isIt = async (other: DialectFile) => other.cid === cid || undefined
    try {
      if (isHere && !(await firstOf(node, { name, here: true }, isIt, signal))) return undefined
      return await readWhole(node, file, signal)
    } catch (error) {
      log.debug({ err: error, cid }, 'a file that was told cannot be read')
      return undefined
    }
  }

  /** The file as a resource; undefined when it is too large or cannot be read. */
  async #tell(file: DialectFile, signal: AbortSignal): Promise<Resource | undefined> {
    if (!this.where || file.sizeBytes > DATAGRAM.maxBytes) return undefined
    const [resource_path, resource_name] = [`shoal/${file.cid}`, file.name]
    const request = `${resource_path}/${resource_name}`
    const bytes = () => readWhole(this.#context.node, file, signal)
    try {
      const md5 =
        this.#told.get(request)?.md5 ??
        createHash('md5')
          .update(await bytes())
          .digest('hex')
      remember(this.#told, request, { file, md5 }, MAX_TOLD)
      const { host: peer_ip, port: peer_port } = this.where
      return { peer_ip, peer_port, resource_path, resource_name, resource_hash: md5 }
    } catch {
      return undefined
    }
  }
}
