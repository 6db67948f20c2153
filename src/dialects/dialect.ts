import type { FastifyInstance } from 'fastify'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { Random } from '../base/random.ts'

export const DIALECT_NAMES = ['central', 'zoned', 'neighbour', 'flood', 'kv'] as const

/** A system whose clients a node can serve in their own words. */
export type DialectName = (typeof DIALECT_NAMES)[number]

/** One of them, as a thin adapter over {@link DialectPort}: files, peers and values are the node's real ones. */
export interface Dialect {
  readonly name: DialectName
  /** Adds its REST calls. Several dialects may share one listener: their paths do not collide. */
  http?(app: FastifyInstance): void
  /** Its gRPC service, without TLS. */
  readonly grpc?: GrpcDialect
  /** Answers one datagram; undefined: nothing is sent. */
  datagram?(message: Uint8Array, from: Caller): Promise<Uint8Array | undefined>
  /** It listens: background work may begin. */
  start(where: DialectAddress): void
  stop(): Promise<void>
  /**
   * Asks those who speak it for files that nobody registered before; what is registered is in {@link GuestBook} and needs no asking.
   * Bounded in time by the signal.
   */
  search?(query: GuestQuery, signal: AbortSignal): AsyncIterable<GuestFile>
  /** Its state for people; JSON values only. */
  view(): Readonly<Record<string, unknown>>
}

/** Calls by their path, `/peering.PeeringService/Register`, on encoded messages: the adapter encodes and decodes. */
export interface GrpcDialect {
  readonly calls: ReadonlyMap<string, (request: Uint8Array, from: Caller) => Promise<Uint8Array>>
}

/** Who calls. */
export interface Caller {
  /** IP address without brackets or zone. */
  readonly host: string
  readonly port: number
}

/** Where a dialect listens, once it does. */
export interface DialectAddress {
  /** IP address that clients of the dialect can call: not `0.0.0.0`. */
  readonly host: string
  /** Of its REST calls and its datagrams; of its gRPC when it has nothing else. */
  readonly port: number
  /** Of its gRPC, when it has REST calls too. */
  readonly grpcPort?: number
}

/** What each dialect is made with. */
export interface DialectContext {
  readonly node: DialectPort
  readonly guests: GuestBook
  readonly calls: CallBacks
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Addresses that the configuration lists, as it has them: IP, HOST or HOST:PORT. They may be called without having called first. */
  readonly peers: readonly string[]
}

/** What the dialects know of the node. The composition root implements this, tests fake it. */
export interface DialectPort {
  readonly peerId: string
  /** Files that this node shares with dialects, by name; those of guests too. At most `limit`, none larger than `maxBytes`. */
  shared(options: { readonly limit: number; readonly maxBytes?: number }): readonly DialectFile[]
  /**
   * Files of exactly this name, or with this SHA-256 (hex); at least one is given and not empty, one that holds is enough. Those that this node shares with dialects come
   * first, then, unless `here` is set or the owner forbids it, those that a search of the network finds within some seconds.
   */
  find(
    what: { readonly name?: string; readonly sha256?: string; readonly here?: boolean },
    signal: AbortSignal,
  ): AsyncIterable<DialectFile>
  /**
   * Bytes of a file that `shared` or `find` told of, every block verified, fetched from other nodes when it is not here.
   * Errors: NOT_FOUND, NO_PROVIDERS, TIMED_OUT.
   */
  read(file: DialectFile, signal: AbortSignal): AsyncIterable<Uint8Array>
  /** The node's key-value store. Errors as of `shoal kv`. */
  readonly values: {
    put(key: string, value: Uint8Array, signal: AbortSignal): Promise<void>
    /** Undefined when nobody has one. */
    get(key: string, signal: AbortSignal): Promise<Uint8Array | undefined>
  }
}

/** A file of Shoal's, as dialects tell of it. */
export interface DialectFile {
  readonly cid: string
  /** Without a path. */
  readonly name: string
  /** Hex. */
  readonly sha256: string | undefined
  readonly sizeBytes: number
  /** Whether this node has it. */
  readonly isHere: boolean
}

/**
 * Files that clients of dialects hold: searches of this node find them, and those whose bytes can be had are fetched a moment after they were registered
 * and shared like any other file, so that every node finds them. Bounded; what is too much is refused with NO_SPACE.
 */
export interface GuestBook {
  /** Adds a file, or replaces the one with the same dialect, owner, name and holder. */
  add(file: GuestFile): void
  /** Takes back all files of an owner, or the one with this name. */
  remove(dialect: DialectName, owner: string, name?: string): void
  /** Those of one dialect, in the order in which they came. */
  list(dialect: DialectName): readonly GuestFile[]
}

/** A file that a client of a dialect holds. */
export interface GuestFile {
  readonly dialect: DialectName
  /** Who it belongs to, in the dialect's terms: what {@link GuestBook.remove} takes. */
  readonly owner: string
  /** As the client says; hostile. */
  readonly name: string
  /** Who has it, for people: HOST:PORT or a URL. */
  readonly holder: string
  /** Hex, as the client says; what is fetched is checked against it. */
  readonly md5?: string
  readonly sha256?: string
  /** Fetches the bytes as that system does; undefined where only names are passed on. At most `maxBytes` are read. */
  fetch?(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>
  /** Larger ones are not fetched. */
  readonly maxBytes?: number
}

export interface GuestQuery {
  /** As typed. */
  readonly words?: string
  /** Hex. */
  readonly sha256?: string
}

/** Whom a dialect may call: addresses that have called first, or that the configuration lists. */
export interface CallBacks {
  /** Somebody called from there. */
  called(from: Caller): void
  /** Whether this IP address or host name may be called. */
  mayCall(host: string): boolean
  /**
   * A call over HTTP, with a deadline and a limit on the answer. `url` is `http:` only.
   * Errors: PERMISSION_DENIED (not one that may be called), UNAVAILABLE, TIMED_OUT, TOO_LARGE.
   */
  http(url: string, options: HttpCall): Promise<HttpAnswer>
}

export interface HttpCall {
  readonly method?: 'GET' | 'POST'
  /** Sent as JSON. */
  readonly json?: unknown
  readonly signal: AbortSignal
  /** Default 5,000. */
  readonly timeoutMs?: number
  /** Longest answer, bytes. Default 1 MiB. */
  readonly maxBytes?: number
}

export interface HttpAnswer {
  readonly status: number
  readonly body: Uint8Array
  /** The body as JSON. @throws ShoalError BAD_RESPONSE */
  json(): unknown
}
