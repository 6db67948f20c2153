import { ShoalError } from '../base/errors.ts'
import { DIALECT_NAMES, type DialectName } from './dialect.ts'

/** A dialect that is switched on, and where. */
export interface DialectSpec {
  readonly name: DialectName
  /** Of its REST calls and datagrams, or of its gRPC when it has nothing else. 0 = any free one. */
  readonly port: number
  /** Of its gRPC calls, for those that have REST calls too. 0 = any free one. */
  readonly grpcPort?: number
}

const MAX_PORT = 65_535

/** What each listens with. `also`: gRPC on a port of its own beside REST. */
const GRPC: Readonly<Record<DialectName, 'none' | 'only' | 'also'>> = {
  central: 'none',
  zoned: 'only',
  neighbour: 'none',
  flood: 'none',
  kv: 'also',
}

/** Those of whose calls some have the same method and path. */
const COLLIDING: readonly (readonly [DialectName, DialectName, string])[] = [
  ['central', 'flood', 'POST /heartbeat'],
]

/**
 * Reads `NAME:PORT`; for kv also `NAME:PORT:GRPCPORT`, without which its gRPC takes the next port up, or any free one when PORT is 0.
 *
 * @throws ShoalError INVALID_CONFIG
 */
export function parseDialect(text: string): DialectSpec {
  const [name = '', port, grpcPort, ...more] = text.split(':')
  if (!isDialectName(name))
    throw wrong(text, `there is no such dialect; there are ${DIALECT_NAMES.join(', ')}`)
  const mayHaveGrpc = GRPC[name] === 'also'
  if (port === undefined || more.length > 0 || (grpcPort !== undefined && !mayHaveGrpc))
    throw wrong(text, `write ${name}:PORT${mayHaveGrpc ? ` or ${name}:PORT:GRPCPORT` : ''}`)
  const spec = { name, port: portOf(text, port) }
  if (!mayHaveGrpc) return spec
  if (grpcPort !== undefined) return { ...spec, grpcPort: portOf(text, grpcPort) }
  if (spec.port === MAX_PORT) throw wrong(text, `there is no port above it for gRPC; write ${text}:GRPCPORT`)
  return { ...spec, grpcPort: spec.port === 0 ? 0 : spec.port + 1 }
}

/**
 * Reads a list of them and checks that they go together: each name once, REST calls of several on one port unless some are the same,
 * gRPC on a port of its own.
 *
 * @throws ShoalError INVALID_CONFIG
 */
export function parseDialects(texts: readonly string[]): DialectSpec[] {
  const specs = texts.map(parseDialect)
  for (const [at, spec] of specs.entries()) {
    const before = specs.slice(0, at)
    if (before.some(({ name }) => name === spec.name))
      throw new ShoalError('INVALID_CONFIG', `The dialect ${spec.name} is given twice. Give it one port.`)
  }
  checkRest(specs)
  checkGrpc(specs)
  return specs
}

/** The port of its gRPC; undefined when it has none. */
export function grpcPortOf({ name, port, grpcPort }: DialectSpec): number | undefined {
  return GRPC[name] === 'only' ? port : grpcPort
}

/** The port of its REST calls; undefined when it has none. */
export function restPortOf({ name, port }: DialectSpec): number | undefined {
  return GRPC[name] === 'only' ? undefined : port
}

function checkRest(specs: readonly DialectSpec[]): void {
  for (const [one, other, call] of COLLIDING) {
    const [first, second] = [one, other].map((name) => specs.find((spec) => spec.name === name))
    if (first && second && first.port === second.port && first.port !== 0)
      throw new ShoalError(
        'INVALID_CONFIG',
        `The dialects ${one} and ${other} cannot share port ${first.port}: both have ${call}. Give one of them another port.`,
      )
  }
}

function checkGrpc(specs: readonly DialectSpec[]): void {
  for (const spec of specs) {
    const port = grpcPortOf(spec)
    if (port === undefined || port === 0) continue
    const rest = specs.find((other) => restPortOf(other) === port)
    const grpc = specs.find((other) => other !== spec && grpcPortOf(other) === port)
    const taken = rest ? `REST of ${rest.name}` : grpc && `gRPC of ${grpc.name}`
    if (taken)
      throw new ShoalError(
        'INVALID_CONFIG',
        `Port ${port} is both for gRPC of ${spec.name} and for ${taken}. Give one of them another port${spec.grpcPort === undefined ? '' : `, as in ${spec.name}:${spec.port}:GRPCPORT`}.`,
      )
  }
}

function portOf(text: string, port: string): number {
  const value = /^(0|[1-9]\d{0,4})$/.test(port) ? Number(port) : Number.NaN
  if (value <= MAX_PORT) return value
  throw wrong(text, `${JSON.stringify(port)} is no port: give 0 to ${MAX_PORT}, 0 for any free one`)
}

const isDialectName = (name: string): name is DialectName =>
  (DIALECT_NAMES as readonly string[]).includes(name)

const wrong = (text: string, why: string) =>
  new ShoalError('INVALID_CONFIG', `The dialect ${JSON.stringify(text.slice(0, 80))} cannot be used: ${why}.`)
