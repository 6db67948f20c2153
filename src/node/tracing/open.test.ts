import assert from 'node:assert/strict'
import { registerHooks } from 'node:module'
import { test } from 'node:test'
import { systemClock } from '../../base/clock.ts'
import { type Logger, silentLogger } from '../../base/log.ts'
import { openTracing } from './open.ts'

const OPTIONAL = /^(@opentelemetry\/|prom-client$)/

test('a node that nobody asks for it loads nothing for tracing or metrics', async () => {
  const loaded: string[] = []
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (OPTIONAL.test(specifier)) loaded.push(specifier)
      return next(specifier, context)
    },
  })
  try {
    await Promise.all([import('../start.ts'), import('../start-index.ts')])
    await using stack = new AsyncDisposableStack()
    const setup = { service: 's', peerId: 'p', clock: systemClock, log: silentLogger, stack }
    assert.equal(await openTracing({ env: {}, ...setup }), undefined)
  } finally {
    hooks.deregister()
  }
  assert.deepEqual(loaded, [])
})

test('packages that are missing are named, and the node goes on', async () => {
  const hooks = registerHooks({
    resolve(specifier, context, next) {
      if (OPTIONAL.test(specifier))
        throw Object.assign(new Error(`no ${specifier}`), { code: 'ERR_MODULE_NOT_FOUND' })
      return next(specifier, context)
    },
  })
  const warnings: string[] = []
  const log = {
    ...silentLogger,
    warn: (_: unknown, text: string) => warnings.push(text),
  } as unknown as Logger
  try {
    await using stack = new AsyncDisposableStack()
    const setup = { service: 's', peerId: 'p', clock: systemClock, log, stack }
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }
    assert.equal(await openTracing({ env, ...setup }), undefined)
  } finally {
    hooks.deregister()
  }
  assert.match(warnings.join(), /npm install @opentelemetry\/api @opentelemetry\/sdk-trace/)
})
