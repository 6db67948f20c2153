import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tracingSettings } from './environment.ts'

const ON = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' }

test('there is tracing where an endpoint is named and nothing forbids it', () => {
  for (const env of [
    {},
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
    { OTEL_SERVICE_NAME: 'x' },
    { ...ON, OTEL_SDK_DISABLED: 'true' },
    { ...ON, OTEL_TRACES_EXPORTER: 'none' },
  ])
    assert.equal(tracingSettings(env), undefined, JSON.stringify(env))
  const all = { sampling: { ratio: 1, parentBased: true }, scheduleDelayMs: undefined }
  assert.deepEqual(tracingSettings(ON), all)
  assert.deepEqual(tracingSettings({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://h:1/x' }), all)
  assert.equal(tracingSettings({ ...ON, OTEL_BSP_SCHEDULE_DELAY: '100' })?.scheduleDelayMs, 100)
})

test('samplers as the specification names them', () => {
  const table: [name: string, arg: string, ratio: number, parentBased: boolean][] = [
    ['', '', 1, true],
    ['always_on', '', 1, false],
    ['always_off', '', 0, false],
    ['parentbased_always_off', '', 0, true],
    ['traceidratio', '0.25', 0.25, false],
    ['parentbased_traceidratio', '0.5', 0.5, true],
    ['traceidratio', 'many', 1, false],
    ['traceidratio', '7', 1, false],
    ['magic', '0', 1, true],
  ]
  for (const [name, arg, ratio, parentBased] of table) {
    const env = { ...ON, OTEL_TRACES_SAMPLER: name, OTEL_TRACES_SAMPLER_ARG: arg }
    assert.deepEqual(tracingSettings(env)?.sampling, { ratio, parentBased }, `${name} ${arg}`)
  }
})
