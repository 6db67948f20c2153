import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeSettings } from '../../../../src/node/settings.ts'
import type { Config } from '../../api/types.ts'
import { fieldsOf, grouped, labelOf, readValue, shownValue } from './fields.ts'

const schema = JSON.parse(JSON.stringify(NodeSettings)) as Config['schema']
const presets = Object.fromEntries(
  Object.entries(schema.properties as Record<string, { default: unknown }>).map(
    ([key, { default: preset }]) => [key, preset],
  ),
)
const fields = fieldsOf({ config: presets, schema, sources: {} })

test('every setting of a node has a field, and what the form shows of it reads back as it is', () => {
  assert.deepEqual(fields.map(({ key }) => key).sort(), Object.keys(presets).sort())
  for (const { key, input, value, label } of fields) {
    const read = readValue(input, shownValue(input, value))
    if (input.kind === 'rate') assert.match(String(read), /^(0|[\d.]+(B|[KMG]iB)\/s)$/, key)
    else assert.deepEqual(read, value, key)
    assert.match(label, /^[A-Zglm]/)
  }
})

test('what can be changed at once comes first, and everything is in some group', () => {
  const restarts = fields.map(({ restart }) => restart)
  assert.deepEqual(restarts, [...restarts].sort())
  assert.equal(
    grouped(fields).reduce((sum, group) => sum + group.fields.length, 0),
    fields.length,
  )
})

test('kinds of input', () => {
  const kind = (key: string) => fields.find((field) => field.key === key)?.input.kind
  assert.deepEqual(
    ['gateway', 'uploadLimit', 'logLevel', 'discovery', 'shares', 'name', 'uploadSlots'].map(kind),
    ['switch', 'rate', 'choice', 'choices', 'list', 'text', 'number'],
  )
})

test('labels', () => {
  assert.equal(labelOf('uploadLimitPerPeer'), 'Upload limit per peer')
  assert.equal(labelOf('downloadLimitLan'), 'Download limit LAN')
  assert.equal(labelOf('searchTimeoutMs'), 'Search timeout')
  assert.equal(labelOf('grpcPort'), 'gRPC port')
})

test('maps and numbers as they are written', () => {
  assert.deepEqual(readValue({ kind: 'map' }, 'transfer=debug\n link = warn \n'), {
    transfer: 'debug',
    link: 'warn',
  })
  assert.equal(readValue({ kind: 'number', min: 0, max: 9 }, ''), '', 'the node says that this is no number')
})
