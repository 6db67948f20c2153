import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../base/errors.ts'
import { DIALECT_NAMES } from './dialect.ts'
import { type DialectSpec, grpcPortOf, parseDialect, parseDialects, restPortOf } from './spec.ts'

const refused = (texts: readonly string[], what: RegExp) =>
  assert.throws(
    () => parseDialects(texts),
    (error) => {
      assert.ok(error instanceof ShoalError)
      assert.equal(error.code, 'INVALID_CONFIG')
      assert.match(error.message, what)
      return true
    },
  )

test('names and ports are read, and the gRPC port of kv', () => {
  assert.deepEqual(parseDialect('central:5000'), { name: 'central', port: 5000 })
  assert.deepEqual(parseDialect('zoned:0'), { name: 'zoned', port: 0 })
  assert.deepEqual(parseDialect('kv:7000'), { name: 'kv', port: 7000, grpcPort: 7001 })
  assert.deepEqual(parseDialect('kv:7000:9000'), { name: 'kv', port: 7000, grpcPort: 9000 })
  assert.deepEqual(parseDialect('kv:0'), { name: 'kv', port: 0, grpcPort: 0 })
  assert.deepEqual(parseDialect('kv:65535:1'), { name: 'kv', port: 65_535, grpcPort: 1 })
})

test('what is wrong with a single one is said', () => {
  for (const [text, what] of [
    ['', /no such dialect; there are central, zoned/],
    ['smoke:5000', /no such dialect/],
    ['Central:5000', /no such dialect/],
    ['central', /write central:PORT/],
    ['central:', /"" is no port/],
    ['central:65536', /no port: give 0 to 65535/],
    ['central:-1', /no port/],
    ['central:05', /no port/],
    ['central: 5', /no port/],
    ['central:5000:5001', /write central:PORT/],
    ['kv:1:2:3', /kv:PORT:GRPCPORT/],
    ['kv:65535', /no port above it/],
  ] as const)
    refused([text], what)
})

test('what does not go together is said', () => {
  refused(['central:1', 'central:2'], /given twice/)
  refused(['central:5000', 'flood:5000'], /POST \/heartbeat/)
  refused(['zoned:5000', 'central:5000'], /gRPC of zoned and for REST of central/)
  refused(['kv:5000', 'central:5001'], /gRPC of kv and for REST of central.*kv:5000:GRPCPORT/)
  refused(['kv:5000:6000', 'zoned:6000'], /gRPC of/)
  refused(['kv:5000:5000'], /gRPC of kv and for REST of kv/)
})

test('several may share a port of REST, and port 0 is shared by nobody', () => {
  assert.equal(parseDialects(['central:5000', 'neighbour:5000', 'kv:5000']).length, 3)
  assert.equal(parseDialects(['neighbour:8081', 'flood:8081']).length, 2)
  assert.equal(parseDialects(['central:0', 'flood:0', 'zoned:0', 'kv:0']).length, 4)
})

/** As it would be written, with all its ports. */
const dialectText = ({ name, port, grpcPort }: DialectSpec): string =>
  [name, port, ...(grpcPort === undefined ? [] : [grpcPort])].join(':')

test('what is read can be written and read again; anything else is refused in words', () => {
  const port = fc.integer({ min: 0, max: 65_534 })
  fc.assert(
    fc.property(fc.constantFrom(...DIALECT_NAMES), port, port, (name, one, two) => {
      const text = name === 'kv' ? `${name}:${one}:${two}` : `${name}:${one}`
      assert.equal(dialectText(parseDialect(text)), text)
    }),
  )
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        assert.equal(dialectText(parseDialect(text)).startsWith(text), true)
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.code === 'INVALID_CONFIG')
      }
    }),
  )
})

test('a list that is taken has no port for two things', () => {
  const specText = fc.tuple(fc.constantFrom(...DIALECT_NAMES), fc.integer({ min: 0, max: 4 }))
  fc.assert(
    fc.property(fc.array(specText, { maxLength: 5 }), (pairs) => {
      let specs: ReturnType<typeof parseDialects>
      try {
        specs = parseDialects(pairs.map(([name, port]) => `${name}:${port}`))
      } catch {
        return
      }
      const rest = specs.map(restPortOf).filter((port) => port)
      const grpc = specs.map(grpcPortOf).filter((port) => port)
      assert.equal(new Set(grpc).size, grpc.length)
      assert.ok(grpc.every((port) => !rest.includes(port)))
      assert.equal(new Set(specs.map(({ name }) => name)).size, specs.length)
    }),
  )
})
