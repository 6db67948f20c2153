import { createHash } from 'node:crypto'
import { ManualClock } from '../../base/clock.ts'
import { ShoalError } from '../../base/errors.ts'
import { silentLogger } from '../../base/log.ts'
import { type Random, seededRandom } from '../../base/random.ts'
import type {
  CallBacks,
  Caller,
  DialectContext,
  DialectFile,
  DialectName,
  DialectPort,
  GuestBook,
  GuestFile,
  HttpAnswer,
  HttpCall,
} from '../dialect.ts'

/** What a dialect is made with, where tests can reach into it: time stands still until `clock.advance`, chance comes from a seed. */
export interface FakeContext extends DialectContext {
  readonly node: FakeNode
  readonly guests: FakeGuests
  readonly calls: FakeCalls
  readonly clock: ManualClock
  readonly random: Random
}

export function fakeContext({ seed = 1 } = {}): FakeContext {
  return {
    node: new FakeNode(),
    guests: new FakeGuests(),
    calls: new FakeCalls(),
    peers: [],
    clock: new ManualClock(),
    random: seededRandom(seed),
    log: silentLogger,
  }
}

/** A node that shares what it is given. */
export class FakeNode implements DialectPort {
  readonly peerId = '12D3KooWFakeFakeFakeFakeFakeFakeFakeFakeFakeFakeFake'
  readonly values = new FakeValues()
  /** Each name that was asked for, SHA-256 or both. */
  readonly found: { name?: string; sha256?: string; here?: boolean }[] = []
  /** CIDs that were read, in order. */
  readonly reads: string[] = []
  readonly #files = new Map<string, { file: DialectFile; bytes: Uint8Array }>()

  /** Shares a file; with `isHere: false` it lies at another node. Names can be shared more than once, with other bytes. */
  add(name: string, content: string | Uint8Array, { isHere = true } = {}): DialectFile {
    const bytes = Buffer.from(content)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const file = { cid: `bafk${sha256.slice(0, 40)}`, name, sha256, sizeBytes: bytes.length, isHere }
    this.#files.set(`${file.cid}/${name}`, { file, bytes })
    return file
  }

  /** Shares it no longer. */
  remove({ cid, name }: DialectFile): void {
    this.#files.delete(`${cid}/${name}`)
  }

  shared({ limit, maxBytes = Number.POSITIVE_INFINITY }: { limit: number; maxBytes?: number }) {
    const files = [...this.#files.values()].map(({ file }) => file)
    return files.filter((file) => file.isHere && file.sizeBytes <= maxBytes).slice(0, limit)
  }

  async *find(what: { name?: string; sha256?: string; here?: boolean }, signal: AbortSignal) {
    this.found.push(what)
    const isIt = (file: DialectFile) => file.name === what.name || file.sha256 === what.sha256
    const files = [...this.#files.values()].map(({ file }) => file).filter(isIt)
    for (const file of files.filter(({ isHere }) => isHere)) yield file
    if (what.here) return
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
    for (const file of files.filter(({ isHere }) => !isHere)) yield file
  }

  async *read({ cid, name }: DialectFile, signal: AbortSignal) {
    signal.throwIfAborted()
    this.reads.push(cid)
    const held = this.#files.get(`${cid}/${name}`)
    if (!held) throw new ShoalError('NOT_FOUND')
    // More than one piece, as blocks come.
    const half = Math.ceil(held.bytes.length / 2)
    for (const part of [held.bytes.subarray(0, half), held.bytes.subarray(half)]) if (part.length) yield part
  }
}

export class FakeValues {
  readonly stored = new Map<string, Uint8Array>()
  /** `get KEY` and `put KEY`, in order. */
  readonly asked: string[] = []
  /** Thrown by the next calls while it is set. */
  failure: ShoalError | undefined

  async put(key: string, value: Uint8Array, signal: AbortSignal): Promise<void> {
    this.#ask(`put ${key}`, signal)
    this.stored.set(key, value)
  }

  async get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined> {
    this.#ask(`get ${key}`, signal)
    return this.stored.get(key)
  }

  #ask(what: string, signal: AbortSignal): void {
    signal.throwIfAborted()
    this.asked.push(what)
    if (this.failure) throw this.failure
  }
}

/** A guest book without anybody who fetches. */
export class FakeGuests implements GuestBook {
  /** So many files; one more is NO_SPACE. */
  room = 1000
  #files: GuestFile[] = []

  add(file: GuestFile): void {
    const at = this.#files.findIndex((other) => isSame(other, file))
    if (at >= 0) this.#files[at] = file
    else if (this.#files.length >= this.room) throw new ShoalError('NO_SPACE', 'No more guests are taken in.')
    else this.#files.push(file)
  }

  remove(dialect: DialectName, owner: string, name?: string): void {
    const isMeant = (file: GuestFile) =>
      file.dialect === dialect && file.owner === owner && (name === undefined || file.name === name)
    this.#files = this.#files.filter((file) => !isMeant(file))
  }

  list(dialect: DialectName): readonly GuestFile[] {
    return this.#files.filter((file) => file.dialect === dialect)
  }
}

const isSame = (a: GuestFile, b: GuestFile) =>
  a.dialect === b.dialect && a.owner === b.owner && a.name === b.name && a.holder === b.holder

/** Calls over fetch, real ones; nobody may be called before `called` or `allowed` has the host. */
export class FakeCalls implements CallBacks {
  readonly allowed = new Set<string>()
  /** Each call over HTTP that was made: `POST http://127.0.0.1:4000/path`, and what was sent. */
  readonly made: { call: string; json?: unknown }[] = []
  /** Answers in place of the network while it is set. */
  answer: ((url: string, options: HttpCall) => Promise<{ status: number; json?: unknown }>) | undefined

  called({ host }: Caller): void {
    this.allowed.add(host)
  }

  mayCall(host: string): boolean {
    return this.allowed.has(host)
  }

  async http(url: string, options: HttpCall): Promise<HttpAnswer> {
    const { method = 'GET', json, signal, timeoutMs = 5_000, maxBytes = 1024 * 1024 } = options
    const { protocol, hostname } = new URL(url)
    if (protocol !== 'http:' || !this.mayCall(hostname)) throw new ShoalError('PERMISSION_DENIED')
    this.made.push({ call: `${method} ${url}`, ...(json !== undefined && { json }) })
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const { status, body } = this.answer
      ? await this.answer(url, options).then((told) => ({ status: told.status, body: jsonBytes(told.json) }))
      : await viaFetch(url, { method, json, signal: limit })
    if (body.length > maxBytes) throw new ShoalError('TOO_LARGE')
    return { status, body, json: () => parsed(body) }
  }
}

async function viaFetch(url: string, { method, json, signal }: HttpCall) {
  const headers = json === undefined ? {} : { 'content-type': 'application/json' }
  const body = json === undefined ? null : JSON.stringify(json)
  try {
    const answer = await fetch(url, { method: method!, headers, body, signal, redirect: 'manual' })
    return { status: answer.status, body: new Uint8Array(await answer.arrayBuffer()) }
  } catch (error) {
    const isLate = error instanceof Error && error.name === 'TimeoutError'
    throw new ShoalError(isLate ? 'TIMED_OUT' : 'UNAVAILABLE', undefined, { cause: error })
  }
}

const jsonBytes = (json: unknown) => Buffer.from(json === undefined ? '' : JSON.stringify(json))

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString())
  } catch (error) {
    throw new ShoalError('BAD_RESPONSE', undefined, { cause: error })
  }
}
