import { ShoalError } from '../../base/errors.ts'
import { Emitter } from '../../base/events.ts'
import { Histogram } from '../../base/histogram.ts'
import { abortable } from '../../base/signals.ts'
import type { SharedEntry } from '../../content/entry.ts'
import { refuseGuestCid } from '../../content/guest-cid.ts'
import { checkKey } from '../../kv/key.ts'
import type { LeftOut } from '../../library/left-out.ts'
import { type MetricsPort, SEARCH_LABELS } from '../metrics/port.ts'
import type {
  DamagedView,
  DoctorCheck,
  DownloadState,
  DownloadView,
  LibraryListOptions,
  NodeEvent,
  NodePort,
  NodeStatus,
  SearchContext,
  SearchEvent,
  UploadAction,
  UploadPeerView,
  VerifyEvent,
  VerifyView,
} from '../node-port.ts'
import { FakeContent } from './fake-content.ts'
import { fakeIncoming, fakeLinks } from './fake-links.ts'
import { FakeReplication } from './fake-replication.ts'
import { FakeStats } from './fake-stats.ts'
import { FakeWishes } from './fake-wishes.ts'

export const CID_A = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
export const CID_B = 'bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e'
export const SHA_A = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

export function entryOf(name: string, cid = CID_A, sizeBytes = 5): SharedEntry {
  return {
    cid,
    sha256: SHA_A,
    name,
    path: `docs/${name}`,
    sizeBytes,
    kind: 'file',
    modifiedMs: 1_700_000_000_000,
  }
}

export function viewOf(id: string, state: DownloadState = 'running'): DownloadView {
  return {
    id,
    cid: CID_A,
    name: 'a.txt',
    path: '/tmp/a.txt',
    kind: 'file',
    state,
    priority: 'normal',
    sequential: false,
    ...(state === 'queued' && { queuePosition: 2 }),
    sizeBytes: 10,
    doneBytes: 5,
    rateBytesPerSecond: 1.5,
    sources: { peerOne: 5 },
    activeSources: [
      {
        peerId: 'peerOne',
        name: 'one',
        addr: '127.0.0.1:1',
        state: 'active',
        rateBytesPerSecond: 1.5,
        road: 'direct',
        doneBytes: 5,
      },
    ],
    dropped: [{ peerId: 'peerTwo', reason: 'BAD_BLOCK' }],
    createdMs: 1_700_000_000_000,
  }
}

/** Of every value. */
export const VALUE_FACTS = {
  version: 1_700_000_000_001,
  writer: '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA',
  expiresMs: 1_700_086_400_000,
} as const

/** A node in memory whose answers a test sets, and which notes what it was asked. */
export class FakeNode implements NodePort {
  readonly events = new Emitter<NodeEvent>()
  readonly asked: unknown[][] = []
  /** Streams of the port that are being read now. */
  readonly reading = new Emitter<number>()
  #streams = 0
  entries: SharedEntry[] = [entryOf('a.txt'), entryOf('b.txt', CID_B)]
  /** What a search gives; the default is one hit and the end. */
  found: (signal: AbortSignal) => AsyncIterable<SearchEvent> = async function* () {
    yield { type: 'hit', entry: entryOf('a.txt'), providers: [], via: ['library'] }
    yield {
      type: 'done',
      hits: 1,
      ms: 2,
      reason: 'complete',
      via: {
        library: { hits: 1, messages: 0, ms: 1, asked: 0, bytes: 0, firstHitHops: 0, stopped: 'complete' },
        index: {
          ...{ hits: 0, messages: 1, ms: 2, asked: 1, bytes: 40, problems: ['index h:1: busy'] },
          error: { code: 'UNAVAILABLE', message: 'It is down.' },
        },
      },
    }
  }
  /** What `library.add` leaves out. */
  leftOut: LeftOut[] = []
  /** What `library.add` does after its checks. */
  adding: (onAdded: (entry: SharedEntry) => void, signal: AbortSignal) => Promise<SharedEntry[]> = async (
    onAdded,
  ) => {
    for (const entry of this.entries) onAdded(entry)
    return this.entries
  }
  views = new Map<string, DownloadView>([['d1', viewOf('d1')]])
  /** Successive states of a watched download; the last one stays. */
  watched: DownloadState[] = ['running', 'done']

  get streamCount(): number {
    return this.#streams
  }

  /** Resolves when so many streams of the port are being read. */
  async untilStreams(count: number): Promise<void> {
    if (this.#streams === count) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const release = this.reading.on((now) => now === count && resolve())
    await promise
    release()
  }

  async *#counted<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
    this.reading.emit(++this.#streams)
    try {
      yield* items
    } finally {
      this.reading.emit(--this.#streams)
    }
  }

  #ask(...what: unknown[]): void {
    this.asked.push(what)
  }

  status(): NodeStatus {
    return {
      peerId: '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA',
      name: 'fake <b>"node"</b>',
      version: '1.2.3',
      uptimeMs: 1234.5,
      http: 'http://127.0.0.1:1',
      grpc: undefined,
      addresses: ['127.0.0.1:2'],
      p2p: [],
      dataDir: '/tmp/fake',
      library: { files: 2, folders: 0, sizeBytes: 10, damaged: 0, hashing: null, shares: ['/tmp/docs'] },
      locators: { index: { connected: false } },
      downloads: { active: 1, done: 0 },
      uploads: { active: 0, queued: 0, slots: 4 },
      peers: 1,
      network: { role: 'member', neighbours: 1, zone: '', zoneSize: 2, size: 2 },
      reachability: 'local',
      relay: { reservations: [], serving: null },
      dht: { mode: 'server', contacts: 1 },
      privateNetwork: { name: 'home', fingerprint: '211B-44D7-D8AF-E016' },
      replicas: { ordered: 3, short: 1, kept: 2, keptBytes: 2000 },
      dialects: [
        {
          ...{ name: 'kv', address: '127.0.0.1:7000', grpcAddress: '127.0.0.1:7001' },
          ...{ calls: { ok: 3, refused: 1, failed: 0 }, state: { peers: 1 } },
        },
      ],
    }
  }

  verification: VerifyView = {
    ...{ state: 'running', files: 1, filesTotal: 2, bytes: 5, bytesTotal: 10, damaged: 1 },
    ...{ rateBytesPerSecond: 2.5, etaMs: 2000, ms: 2000 },
  }
  damagedFiles: DamagedView[] = [
    { path: '/tmp/docs/a.txt', cid: CID_A, blocks: [0, 3], blockCount: 2, reason: 'blocks' },
  ]

  readonly verify: NodePort['verify'] = {
    start: async (targets) => {
      this.#ask('verify', targets)
      if (targets.includes('/missing')) throw new ShoalError('NOT_FOUND', '/missing is not shared.')
      return this.verification
    },
    state: () => this.verification,
    stop: async () => {
      this.#ask('stop verify')
      return { ...this.verification, state: 'stopped', rateBytesPerSecond: 0, etaMs: undefined }
    },
    findings: (after, limit) => this.damagedFiles.slice(after, after + limit),
    watch: (signal) => this.#counted(this.#watchVerify(signal)),
  }

  async *#watchVerify(signal: AbortSignal): AsyncGenerator<VerifyEvent> {
    signal.throwIfAborted()
    for (const finding of this.damagedFiles) yield { type: 'damaged', finding }
    yield { type: 'progress', state: this.verification }
    yield { type: 'ended', state: { ...this.verification, state: 'done', files: 2, bytes: 10 } }
  }

  readonly library: NodePort['library'] = {
    list: (options: LibraryListOptions) => {
      this.#ask('list', options)
      const entries = this.entries
        .slice(0, options.limit)
        .map((entry) => ({ ...entry, absPath: `/tmp/${entry.path}` }))
      return { entries, cursor: options.limit < this.entries.length ? 'next' : undefined }
    },
    add: (path, { signal, onAdded, onLeftOut }) => {
      this.#ask('add', path)
      if (path === '/missing') throw new ShoalError('NOT_FOUND', 'There is no /missing.')
      this.reading.emit(++this.#streams)
      for (const each of this.leftOut) onLeftOut?.(each)
      return this.adding(onAdded, signal).finally(() => this.reading.emit(--this.#streams))
    },
    remove: async (target) => {
      this.#ask('remove', target)
      return 1
    },
    shares: () => [{ id: '1', path: '/tmp/docs', kind: 'folder', origin: 'user', files: 2, sizeBytes: 10 }],
  }

  search(query: object, { via, timeoutMs, signal }: SearchContext): AsyncIterable<SearchEvent> {
    this.#ask('search', query, via, timeoutMs)
    return this.#counted(this.found(signal))
  }

  #view(id: string): DownloadView {
    const view = this.views.get(id)
    if (!view) throw new ShoalError('NOT_FOUND', 'There is no download with this id.')
    return view
  }

  readonly downloads: NodePort['downloads'] = {
    start: async (target, { out, name, priority, sequential, mirrors }) => {
      const order = priority || sequential ? [priority, sequential] : []
      this.#ask('start', target, out, name, ...order, ...(mirrors ? [mirrors] : []))
      if (target.kind === 'cid') return { view: this.#view('d1'), created: target.cid === CID_B }
      if (target.kind === 'guest') throw refuseGuestCid(target.cid)
      throw new ShoalError('AMBIGUOUS', undefined, {
        details: { candidates: [{ cid: CID_A, name: target.name, size: 1, providers: 2 }] },
      })
    },
    find: async (target) => {
      this.#ask('find', target)
      if (target.kind === 'cid') return { cid: target.cid, name: target.name }
      if (target.kind === 'guest') throw refuseGuestCid(target.cid)
      if (target.name !== 'report.pdf') throw new ShoalError('NOT_FOUND', 'Nobody shares it.')
      return { cid: CID_A, name: target.name }
    },
    pause: async (id) => ({ ...this.#view(id), state: 'paused' }),
    resume: async (id) => ({ ...this.#view(id), state: 'running' }),
    cancel: async (id) => ({ ...this.#view(id), state: 'cancelled' }),
    change: (id, changes) => {
      this.#ask('change', id, changes)
      return { ...this.#view(id), ...changes } as DownloadView
    },
    remove: async (id) => {
      if (this.#view(id).state === 'running')
        throw new ShoalError('CONFLICT', 'It is running. Cancel it first.')
      this.views.delete(id)
    },
    clear: async (states) => {
      this.#ask('clear', states)
      return [...this.views.values()].filter(
        ({ id, state }) => states.includes(state) && this.views.delete(id),
      ).length
    },
    get: (id) => this.views.get(id),
    blocks: (id, cells) => {
      this.#view(id)
      this.#ask('blocks', cells)
      return {
        ...{ blocks: 3, blockSizeBytes: 1_048_576, cells: 2, have: [50, 0], inFlight: [1, 1] },
        ...{ from: [0, -1], flying: [1, 0] },
        sources: [
          { peerId: 'peerOne', name: 'one' },
          { peerId: 'peerTwo', name: '' },
        ],
      }
    },
    list: () => [...this.views.values()],
    watch: (id, signal) => this.#counted(this.#watch(id, signal)),
  }

  async *#watch(id: string, signal: AbortSignal): AsyncGenerator<DownloadView> {
    const view = this.#view(id)
    for (const state of this.watched) yield { ...view, state }
    if (this.watched.at(-1) === 'running') await abortable(new Promise(() => undefined), signal)
  }

  uploads() {
    const upload = {
      peerId: 'peerOne',
      peerName: 'one',
      cid: CID_A,
      name: 'a.txt',
      bytes: 3,
      road: 'direct',
    } as const
    return {
      slots: 1,
      active: [{ ...upload, sizeBytes: 5, rateBytesPerSecond: 1.5 }],
      queued: [{ ...upload, rateBytesPerSecond: 0, position: 1, etaMs: 2000 }],
      paused: [
        { peerId: 'peerTwo', name: '', state: 'paused' as const },
        { peerId: 'peerThree', name: 'three', state: 'refused' as const, untilMs: 1_700_000_600_000 },
      ],
    }
  }

  controlUploads(peerId: string, action: UploadAction): UploadPeerView {
    this.#ask(action, peerId)
    if (peerId !== 'peerOne') throw new ShoalError('NOT_FOUND', 'No such peer fetches from this node.')
    const states = { pause: 'paused', resume: 'served', cancel: 'refused' } as const
    return { peerId, name: 'one', state: states[action], ...(action === 'cancel' && { untilMs: 5 }) }
  }

  peers(): ReturnType<NodePort['peers']> {
    const peer = { peerId: 'peerOne', name: 'one', addr: '127.0.0.1:1', addresses: ['127.0.0.1:1'] }
    const seen = { lastSeenMs: 1_700_000_000_000, updatedMs: null, via: 'index' }
    return [
      { ...peer, ...seen, road: 'direct', zone: '', state: 'alive', neighbour: true, latencyMs: 1.5 },
      {
        ...{ ...peer, ...seen, peerId: 'peerTwo', road: 'direct', zone: null },
        ...{ state: 'known', neighbour: false, latencyMs: null },
      },
    ]
  }

  readonly config: NodePort['config'] = {
    get: () => ({
      config: { name: 'fake' },
      schema: { type: 'object', properties: { name: { type: 'string' } } },
      sources: { name: 'default' },
    }),
    patch: async (changes) => {
      this.#ask('patch', changes)
      if (typeof changes.name !== 'string') throw new ShoalError('INVALID_CONFIG', 'name: must be text.')
      return { config: changes, restartNeeded: ['name'] }
    },
  }

  /** What was put, by key. */
  values = new Map<string, Uint8Array>()

  readonly kv: NodePort['kv'] = {
    put: async (key, value) => {
      this.#ask('put', key, value.length)
      this.values.set(checkKey(key), value)
      return { ...VALUE_FACTS, key, replicas: 3 }
    },
    get: async (key) => {
      const value = this.values.get(checkKey(key))
      if (!value) throw new ShoalError('NOT_FOUND', 'There is no value under this key.')
      return { ...VALUE_FACTS, key, value }
    },
  }

  readonly content = new FakeContent()
  readonly wishes = new FakeWishes((...what) => this.#ask(...what))
  readonly replication = new FakeReplication((...what) => this.#ask(...what))
  readonly links = fakeLinks((...what) => this.#ask(...what))
  readonly incoming = fakeIncoming((...what) => this.#ask(...what))
  readonly stats = new FakeStats()

  metrics: MetricsPort = { searches: new Histogram({ labels: SEARCH_LABELS }) }

  /** What is not done yet. */
  missing: string[] = []

  readiness() {
    return { missing: this.missing }
  }

  debug() {
    return { library: { queue: 0 } }
  }

  /** What the checks find. */
  checks: DoctorCheck[] = []

  async doctor(): Promise<DoctorCheck[]> {
    return this.checks
  }
}
