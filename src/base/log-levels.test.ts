import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { LOG_MODULES } from './log.ts'
import { LogTree } from './log-levels.ts'

function newTree() {
  const lines: string[] = []
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)).msg)
      done()
    },
  })
  const log = pino({ level: 'info' }, sink)
  const tree = new LogTree(log)
  return { log, tree, said: () => lines.splice(0) }
}

test('a module follows its own level, everybody else the general one, also while running', () => {
  const { log, tree, said } = newTree()
  const transfer = log.child({ module: 'transfer' })
  const link = log.child({ module: 'link' })
  const say = () => {
    for (const [name, logger] of Object.entries({ root: log, transfer, link })) {
      logger.debug(`${name} debug`)
      logger.info(`${name} info`)
    }
    return said()
  }
  assert.deepEqual(say(), ['root info', 'transfer info', 'link info'])
  tree.set('info', { transfer: 'debug', link: 'warn' })
  assert.deepEqual(say(), ['root info', 'transfer debug', 'transfer info'])
  tree.set('silent', { transfer: 'info' })
  assert.deepEqual(say(), ['transfer info'])
  tree.set('debug', {})
  assert.equal(say().length, 6)
})

test('children to come, and children of children, follow too', () => {
  const { log, tree, said } = newTree()
  const early = log.child({ module: 'index-locator' }).child({ index: 'h:1' })
  tree.set('warn', { 'index-locator': 'debug' })
  const late = log.child({ module: 'index-locator' }).child({ index: 'h:2' })
  early.debug('early')
  late.debug('late')
  log.child({ module: 'api' }).info('not said')
  assert.deepEqual(said(), ['early', 'late'])
})

test('loggers that come and go are not collected without end', () => {
  const { log, tree } = newTree()
  for (let count = 0; count < 2000; count++) log.child({ module: 'link' })
  tree.set('debug', {})
  assert.equal(log.child({ module: 'link' }).level, 'debug')
})

test('the modules that are told are those that log', () => {
  const src = fileURLToPath(new URL('..', import.meta.url))
  const used = new Set<string>()
  for (const entry of readdirSync(src, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.ts') || entry.endsWith('.test.ts')) continue
    for (const [, name] of readFileSync(join(src, entry), 'utf8').matchAll(
      /\.child\(\{ module: '([^']+)' \}\)/g,
    ))
      used.add(name!)
  }
  assert.deepEqual([...used].sort(), [...LOG_MODULES].sort())
})
