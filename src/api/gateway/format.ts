import { ShoalError } from '../../base/errors.ts'
import { type MediaRange, parseAccept } from './accept.ts'

/** In what form content is given: as the file or folder that it is, as one block, or as many in a CAR. */
export type Format = { readonly kind: 'unixfs' } | { readonly kind: 'raw' } | CarFormat

export interface CarFormat {
  readonly kind: 'car'
  /** A block that occurs again is sent again. */
  readonly dups: boolean
}

export interface Negotiated {
  readonly format: Format
  /** The address alone does not say it, so the answer has to (`Content-Location`). */
  readonly isFromHeader: boolean
}

/** What the query says of the form; `format`, `car-version`, `car-order` and `car-dups` of the trustless gateway. */
export interface FormatQuery {
  readonly format?: string | undefined
  readonly version?: string | undefined
  readonly order?: string | undefined
  readonly dups?: string | undefined
}

export const RAW_TYPE = 'application/vnd.ipld.raw'
export const CAR_TYPE = 'application/vnd.ipld.car'

/** Forms that other gateways give. */
const ELSEWHERE: Record<string, string> = {
  tar: 'application/x-tar',
  'dag-json': 'application/vnd.ipld.dag-json',
  'dag-cbor': 'application/vnd.ipld.dag-cbor',
  json: 'application/json',
  cbor: 'application/cbor',
  'ipns-record': 'application/vnd.ipfs.ipns-record',
}

/** Whoever names these wants that form and no other; `application/json` may as well be the type of the file. */
const ONLY_ELSEWHERE = new Set(Object.values(ELSEWHERE).filter((type) => type !== 'application/json'))

/**
 * The form that a request asks for. `format` goes before `Accept`, as do the `car-…` parameters before those of the media type.
 * https://specs.ipfs.tech/http-gateways/trustless-gateway/#format-request-query-parameter
 *
 * @throws ShoalError NOT_ACCEPTABLE for what this gateway does not give, INVALID_ARGUMENT for what no gateway does
 */
export function negotiate(query: FormatQuery, accept: string | undefined): Negotiated {
  const ranges = parseAccept(accept)
  const car = ranges.find(({ type }) => type === CAR_TYPE)
  switch (query.format) {
    case undefined:
      break
    case 'raw':
      return { format: { kind: 'raw' }, isFromHeader: false }
    case 'car':
      return { format: carFormat(query, car), isFromHeader: car !== undefined && car.params.size > 0 }
    default:
      throw unknownFormat(query.format)
  }
  if (accept === undefined || accept.trim() === '') return { format: { kind: 'unixfs' }, isFromHeader: false }
  for (const range of ranges) {
    if (range.type === RAW_TYPE) return { format: { kind: 'raw' }, isFromHeader: true }
    if (range.type === CAR_TYPE && isPossible(range, query))
      return { format: carFormat(query, range), isFromHeader: true }
    if (range.type !== CAR_TYPE && !ONLY_ELSEWHERE.has(range.type))
      return { format: { kind: 'unixfs' }, isFromHeader: false }
  }
  throw new ShoalError(
    'NOT_ACCEPTABLE',
    `This gateway gives files and folders as they are, ${RAW_TYPE}, and ${CAR_TYPE} with version=1 and order=dfs.`,
  )
}

/** Content type of a CAR; says all that is known of it. */
export function carType({ dups }: CarFormat): string {
  return `${CAR_TYPE};version=1;order=dfs;dups=${dups ? 'y' : 'n'}`
}

function isPossible({ params }: MediaRange, query: FormatQuery): boolean {
  return (
    ['1', undefined].includes(query.version ?? params.get('version')) &&
    ['dfs', 'unk', undefined].includes(query.order ?? params.get('order')) &&
    ['y', 'n', undefined].includes(query.dups ?? params.get('dups'))
  )
}

function carFormat(query: FormatQuery, range: MediaRange | undefined): CarFormat {
  check('car-version', query.version, ['1'])
  check('car-order', query.order, ['dfs', 'unk'])
  check('car-dups', query.dups, ['y', 'n'])
  if (range && !isPossible(range, query))
    throw new ShoalError('NOT_ACCEPTABLE', 'A CAR is given with version=1, order=dfs and dups=y or dups=n.')
  return { kind: 'car', dups: (query.dups ?? range?.params.get('dups')) === 'y' }
}

function check(name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw new ShoalError('INVALID_ARGUMENT', `${name}: must be ${allowed.join(' or ')}.`)
}

function unknownFormat(format: string): ShoalError {
  if (Object.hasOwn(ELSEWHERE, format))
    return new ShoalError(
      'NOT_ACCEPTABLE',
      `This gateway does not give ${format}; use raw or car, or leave format out.`,
    )
  return new ShoalError('INVALID_ARGUMENT', 'format: must be raw or car, or left out.')
}
