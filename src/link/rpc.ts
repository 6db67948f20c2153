import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { Road } from './roads.ts'

/** What a handler knows about the call that it answers. */
export interface CallContext {
  /**
   * Who calls: the PeerId of the TLS certificate's key, proved by the handshake. Nothing in a message
   * changes it.
   */
  readonly peerId: string
  /** The caller's host as this side sees it, an IP address without port; empty for a tunnelled link. */
  readonly remoteAddress: string
  /** The caller's TCP port; 0 for a tunnelled link. */
  readonly remotePort: number
  /** Aborts when the caller cancels, leaves or its deadline passes, and when the server stops. */
  readonly signal: AbortSignal
  /** Value of a text header (gRPC metadata) of the call, by its lower-case name. */
  header(name: string): string | undefined
}

/** How one call is made. */
export interface CallOptions {
  /** Cancels the call; the handler on the other side sees its own signal abort. */
  signal?: AbortSignal
  /**
   * * Ends the call with TIMED_OUT after this time, ms, connecting included; the other side is told the
   * same deadline. Default for unary calls: the pool's `callTimeoutMs`; streams have none.
   */
  timeoutMs?: number
  /** Text headers (gRPC metadata), lower-case names. */
  headers?: Record<string, string>
  /** Counts what goes over the link for this call. */
  meter?: Meter
}

/** Counts messages that really went out or came in, and their encoded bytes without those of transport and encryption. */
export interface Meter {
  messages: number
  bytes: number
}

/** Whom to call. */
export interface LinkTarget {
  /** Who must answer. Undefined: whoever answers there (an index server known by its address only). */
  peerId?: string | undefined
  /** HOST:PORT of its gRPC server, and multiaddrs for tunnels, best first. */
  addresses: readonly string[]
}

/** Calls peers; the pool of links is one. */
export interface Links {
  /** A client for `service` at a peer. Connects nothing yet: the first call does. */
  connect<S extends DescService>(service: S, target: LinkTarget): Client<S>
}

type In<M> = M extends { input: infer I extends DescMessage } ? MessageShape<I> : never
type InInit<M> = M extends { input: infer I extends DescMessage } ? MessageInitShape<I> : never
type Out<M> = M extends { output: infer O extends DescMessage } ? MessageShape<O> : never
type OutInit<M> = M extends { output: infer O extends DescMessage } ? MessageInitShape<O> : never

type Handler<M> = M extends { methodKind: 'unary' }
  ? (request: In<M>, context: CallContext) => Promise<OutInit<M>> | OutInit<M>
  : M extends { methodKind: 'server_streaming' }
    ? (request: In<M>, context: CallContext) => AsyncIterable<OutInit<M>>
    : M extends { methodKind: 'client_streaming' }
      ? (requests: AsyncIterable<In<M>>, context: CallContext) => Promise<OutInit<M>>
      : (requests: AsyncIterable<In<M>>, context: CallContext) => AsyncIterable<OutInit<M>>

/**
 * The handlers of a service, by the local (camelCase) names of its methods. A streaming handler is
 * pulled: the next message is asked for only when the one before is on its way. A handler answers an error
 * by throwing a ShoalError, whose code and message reach the caller; anything else that is thrown reaches
 * it as INTERNAL without its text.
 *
 * When the caller leaves in the middle of its requests, reading them throws CANCELLED. That holds for
 * callers of this module and for broken connections; other gRPC libraries on Node make a cancelled stream
 * look like a complete one, so a stream whose end changes something should say in its last message that it
 * is the last.
 */
export type ServiceImpl<S extends DescService> = {
  [K in keyof S['method']]: Handler<S['method'][K]>
}

type Caller<M> = M extends { methodKind: 'unary' }
  ? (request: InInit<M>, options?: CallOptions) => Promise<Out<M>>
  : M extends { methodKind: 'server_streaming' }
    ? (request: InInit<M>, options?: CallOptions) => AsyncIterable<Out<M>>
    : M extends { methodKind: 'client_streaming' }
      ? (requests: AsyncIterable<InInit<M>>, options?: CallOptions) => Promise<Out<M>>
      : (requests: AsyncIterable<InInit<M>>, options?: CallOptions) => AsyncIterable<Out<M>>

/** The other end of a client, as far as it is known. */
export interface RemoteEnd {
  /**
   * PeerId that was expected or, when none was, that the last connection proved; undefined before the first
   * connection.
   */
  remotePeerId(): string | undefined
  /** HOST:PORT or multiaddr of the present connection; undefined while there is none. */
  remoteAddress(): string | undefined
  /** How the present connection reaches the peer; undefined while there is none, and where nothing can be told of it. */
  road?(): Road | undefined
}

/**
 * The methods of a service, callable. Errors arrive as ShoalError. A call that answers with a stream
 * starts when the stream is first read, with `for await` and once; leaving the loop cancels the call.
 * Request iterables are read only as fast as the other side takes them, and are ended (`return()`) when the
 * call ends first.
 */
export type Client<S extends DescService> = {
  [K in keyof S['method']]: Caller<S['method'][K]>
} & RemoteEnd

/** A method's path in HTTP/2: `/shoal.v1.PeerService/Hello`. */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`
}
