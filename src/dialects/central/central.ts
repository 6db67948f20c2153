import { Readable } from 'node:stream'
import { ShoalError } from '../../base/errors.ts'
import { withDeadline } from '../../base/signals.ts'
import { Contacts } from '../common/contacts.ts'
import { exchange } from '../common/exchange.ts'
import { addressText } from '../common/fields.ts'
import { mayCallFor } from '../common/may-call.ts'
import { callerOf, rest } from '../common/rest.ts'
import { Tasks } from '../common/tasks.ts'
import type { Dialect, DialectContext, GuestFile } from '../dialect.ts'
import { OwnFiles } from './own-files.ts'
import { answer, DATAGRAM, isEmpty, parseBody, REGISTRATION, type Resource, readFields } from './wire.ts'

export interface CentralOptions {
  /** A peer that is silent for so long is gone, at the latest after twice as long. */
  readonly silenceMs: number
  /** For looking up Shoal's files and their MD5s. */
  readonly lookupTimeoutMs: number
  readonly maxPeers: number
  readonly maxFilesPerPeer: number
}

/** Peers beat every 5 s. */
export const DEFAULT_CENTRAL_OPTIONS: CentralOptions = {
  ...{ silenceMs: 7_000, lookupTimeoutMs: 8_000, maxPeers: 200, maxFilesPerPeer: 100 },
}

/** Lookups of different names at a time. */
const MAX_LOOKUPS = 64

/** An index server whose clients register files over REST and fetch them from each other, each in one datagram over UDP. */
export function centralDialect(context: DialectContext, options: Partial<CentralOptions> = {}): Dialect {
  const { guests, calls, clock, log } = context
  const all = { ...DEFAULT_CENTRAL_OPTIONS, ...options }
  const { silenceMs, lookupTimeoutMs: timeoutMs, maxPeers: limit, maxFilesPerPeer } = all
  /** By id, with their files by name, for as long as they are heard of. */
  const peers = new Contacts<string, { host: string; files: Map<string, Resource> }>(context, { limit })
  const own = new OwnFiles(context)
  const lookups = new Tasks<(Resource | undefined)[]>({ clock, limit: MAX_LOOKUPS, timeoutMs })
  const refusal = (data: string) => ({ success: false, data })
  /** Of who was heard of last they are last. */
  const registered = () => peers.all().flatMap(({ value }) => [...value.files.values()])

  /** Adds a file or replaces the peer's one of that name; `caller` is the IP address it came from. */
  function register({ peer_id: id, ...file }: Resource & { peer_id: string }, caller: string): void {
    const name = file.resource_name
    const files = peers.get(id)?.value.files ?? new Map<string, Resource>()
    const before = files.get(name)
    const isFull = !before && files.size >= maxFilesPerPeer
    if (isFull || !peers.hasRoom(id)) throw new ShoalError('NO_SPACE', 'No more files are taken in.')
    if (before && holderOf(before) !== holderOf(file)) guests.remove('central', id, name)
    guests.add(guest(id, file, caller))
    files.set(name, file)
    peers.add(id, { host: caller, files }, caller)
  }

  function guest(owner: string, file: Resource, caller: string): GuestFile {
    const { peer_ip: host, peer_port: port, resource_path: path, resource_name: name } = file
    const md5 = file.resource_hash
    const named: GuestFile = { dialect: 'central', owner, name, holder: holderOf(file), md5 }
    if (!mayCallFor(caller, host, calls)) return named
    const { maxBytes } = DATAGRAM
    const fetch = async (signal: AbortSignal) => {
      using deadline = withDeadline(clock, DATAGRAM.timeoutMs, signal)
      const to = { host, port, maxBytes, signal: deadline.signal }
      return Readable.from([await exchange(`${path}/${name}`, to)])
    }
    return { ...named, fetch, maxBytes }
  }

  async function resources(body: unknown) {
    if (isEmpty(body)) return [...registered(), ...(await lookups.run('', (signal) => own.list(signal)))]
    const { resource_name: name } = readFields(body, ['resource_name'])
    const find = async (signal: AbortSignal) => [await own.find(name, signal)]
    const held = registered().findLast((file) => file.resource_name === name)
    return held ?? (await lookups.run(name, find))[0] ?? {}
  }

  return {
    name: 'central',
    http: (app) =>
      rest(app, { parse: parseBody, refusal, log }, (scope) => {
        scope.get('/resource', async ({ body }) => answer(await resources(body)))
        scope.post('/resource', async (request) => {
          register(readFields(request.body, REGISTRATION), callerOf(request))
          return answer(request.body)
        })
        scope.post('/heartbeat', async ({ body }) => {
          peers.heard(readFields(body, ['peer_id']).peer_id)
          return { success: true, data: 'Ok' }
        })
      }),
    // A file is longer than its name: nobody has it sent to an address that never called.
    async datagram(message, { host }) {
      if (!calls.mayCall(host)) return undefined
      return own.read(Buffer.from(message).toString(), lookups.signal)
    },
    start(where) {
      own.where = where
      lookups.every(silenceMs, () => {
        for (const { key } of peers.takeSilent(silenceMs)) guests.remove('central', key)
      })
    },
    stop: () => lookups.stop(),
    view: () => ({ peers: peers.all().length, files: registered().length }),
  }
}

const holderOf = ({ peer_ip, peer_port }: Resource) => addressText({ host: peer_ip, port: peer_port })
