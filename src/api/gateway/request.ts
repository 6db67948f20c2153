import type { ContentAddress } from './address.ts'
import { parseAddress } from './address.ts'
import type { Scope } from './bodies.ts'
import { type Negotiated, negotiate } from './format.ts'
import type { Naming } from './headers.ts'
import { type EntityBytes, parseEntityBytes } from './range.ts'

/** The query parameters, checked against their schema. */
export interface GatewayQuery {
  format?: string
  filename?: string
  download?: boolean
  'dag-scope'?: Scope
  'entity-bytes'?: string
  'car-version'?: string
  'car-order'?: string
  'car-dups'?: string
}

/** What the gateway looks at in a request. */
export interface GatewayRequest extends Negotiated {
  readonly address: ContentAddress
  readonly naming: Naming
  /** How much of a DAG is wanted; for a CAR only. */
  readonly scope: Scope
  readonly entityBytes: EntityBytes | undefined
  readonly isHead: boolean
  readonly ifNoneMatch: string | undefined
  readonly ifRange: string | undefined
  readonly range: string | undefined
  /** Nobody else is to be asked. */
  readonly onlyIfCached: boolean
}

/** Request headers that count, lower case. */
export type GatewayHeaders = Readonly<
  Partial<Record<'accept' | 'cache-control' | 'if-none-match' | 'if-range' | 'range', string>>
>

/** @throws ShoalError INVALID_ARGUMENT, NOT_ACCEPTABLE */
export function readRequest(
  { method, target, query }: { method: string; target: string; query: GatewayQuery },
  headers: GatewayHeaders,
): GatewayRequest {
  const { 'entity-bytes': bytes, 'dag-scope': scope = 'all' } = query
  const [version, order, dups] = [query['car-version'], query['car-order'], query['car-dups']]
  const negotiated = negotiate({ format: query.format, version, order, dups }, headers.accept)
  const entityBytes = bytes === undefined ? undefined : parseEntityBytes(bytes)
  return {
    ...negotiated,
    address: parseAddress(target),
    naming: { filename: query.filename, download: query.download === true },
    scope: entityBytes ? 'entity' : scope,
    entityBytes,
    isHead: method === 'HEAD',
    ifNoneMatch: headers['if-none-match'],
    ifRange: headers['if-range'],
    range: headers.range,
    onlyIfCached: /(^|[\s,])only-if-cached($|[\s,])/i.test(headers['cache-control'] ?? ''),
  }
}
