import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ShoalError } from '../base/errors.ts'
import { settingFromText } from '../base/setting-text.ts'
import { resolveConfig } from './config.ts'
import { describeSettings, environmentName, type NodeConfig, NodeSettings } from './settings.ts'

const resolve = (layers: { flags?: object; env?: Record<string, string>; file?: object }) =>
  resolveConfig<NodeConfig>(NodeSettings, {
    flags: (layers.flags ?? {}) as Record<string, unknown>,
    env: layers.env ?? {},
    file: (layers.file ?? {}) as Record<string, unknown>,
  })

test('flags win over the environment, the environment over the file, the file over defaults', () => {
  const file = { httpPort: 1, grpcPort: 1, p2pPort: 1 }
  const env = { SHOAL_HTTP_PORT: '2', SHOAL_GRPC_PORT: '2' }
  const { config, sources } = resolve({ flags: { httpPort: 3 }, env, file })
  assert.deepEqual([config.httpPort, config.grpcPort, config.p2pPort, config.uploadSlots], [3, 2, 1, 64])
  assert.deepEqual(
    [sources.httpPort, sources.grpcPort, sources.p2pPort, sources.uploadSlots],
    ['flag', 'env', 'file', 'default'],
  )
})

test('every default fits its own schema, and has a description', () => {
  resolve({})
  for (const setting of describeSettings(NodeSettings))
    assert.ok(setting.description.endsWith('.'), setting.key)
})

test('what is wrong is named with its place and what it may be', () => {
  const cases: [Parameters<typeof resolve>[0], RegExp][] = [
    [{ flags: { httpPort: 70_000 } }, /"httpPort" \(flag\).*65535.*70000/],
    [{ env: { SHOAL_GRPC_PORT: 'many' } }, /"grpcPort" \(in SHOAL_GRPC_PORT\) must be integer/],
    [
      { file: { discovery: ['index', 'magic'] } },
      /"discovery" \(in config.json\) must be a list of "index", "zone"/,
    ],
    [{ file: { colour: 'red' } }, /no setting "colour" \(in config.json\)/],
    [{ file: { name: 'a\u0007b' } }, /"name"/],
    [{ env: { SHOAL_MDNS: 'perhaps' } }, /"mdns" \(in SHOAL_MDNS\)/],
  ]
  for (const [layers, message] of cases) {
    assert.throws(
      () => resolve(layers),
      (error) => {
        assert.ok(error instanceof ShoalError && error.code === 'INVALID_CONFIG')
        assert.match(error.message, message)
        return true
      },
    )
  }
})

test('lists and switches from text', () => {
  assert.deepEqual(settingFromText({ type: 'array' }, ' a:1, b:2 ,'), ['a:1', 'b:2'])
  assert.deepEqual(settingFromText({ type: 'array' }, '["with, comma"]'), ['with, comma'])
  assert.equal(settingFromText({ type: 'boolean' }, 'off'), false)
  assert.equal(settingFromText({ type: 'boolean' }, 'YES'), true)
  assert.equal(settingFromText({ type: 'integer' }, '0'), 0)
  assert.equal(environmentName('searchTimeoutMs'), 'SHOAL_SEARCH_TIMEOUT_MS')
})

test('levels by module come as text or as an object; unknown ones are told with the known', () => {
  const levels = { transfer: 'debug', link: 'warn' }
  for (const layers of [
    { env: { SHOAL_LOG_LEVELS: ' transfer=debug, link = warn' } },
    { env: { SHOAL_LOG_LEVELS: JSON.stringify(levels) } },
    { file: { logLevels: 'transfer=debug,link=warn' } },
    { file: { logLevels: levels } },
    { flags: { logLevels: settingFromText({ unit: 'logLevels' }, 'transfer=debug,link=warn') } },
  ])
    assert.deepEqual(resolve(layers).config.logLevels, levels)
  assert.deepEqual(resolve({ env: { SHOAL_LOG_LEVELS: '' } }).config.logLevels, {})
  for (const text of [
    'transfers=debug',
    'transfer=loud',
    'transfer',
    '{"transfer":1}',
    '__proto__=debug',
    '{',
    '[',
    '[1]',
  ])
    assert.throws(
      () => resolve({ env: { SHOAL_LOG_LEVELS: text } }),
      /"logLevels" \(in SHOAL_LOG_LEVELS\) must be levels by module.*Modules: announcer, .*transfer\b.* Levels: trace/,
      text,
    )
})

test('any JSON in the file gives a configuration or INVALID_CONFIG', () => {
  const key = fc.constantFrom(...Object.keys(NodeSettings.properties), '__proto__', 'constructor', 'x')
  // What begins as the text of a list, an object, a pair or a rate.
  const nearly = fc.string({
    unit: fc.constantFrom('[', ']', '{', '}', '=', ',', '1', '"', 'transfer', 'debug'),
  })
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(fc.jsonValue(), nearly)), (file) => {
      try {
        resolve({ file })
      } catch (error) {
        assert.ok(error instanceof ShoalError && error.code === 'INVALID_CONFIG', String(error))
      }
    }),
  )
})

test('rates are read as people write them, wherever a setting comes from', () => {
  const env = { SHOAL_UPLOAD_LIMIT: '40Mbit/s', SHOAL_DOWNLOAD_LIMIT_LAN: 'off' }
  const { config } = resolve({ env, file: { downloadLimit: '5MiB/s', uploadLimitPerPeer: 1000 } })
  assert.deepEqual(
    [config.uploadLimit, config.downloadLimitLan, config.downloadLimit, config.uploadLimitPerPeer],
    [5_000_000, 0, 5 * 1024 * 1024, 1000],
  )
  for (const wrong of ['5Mb/s', -1, 1.5, true])
    assert.throws(
      () => resolve({ file: { uploadLimit: wrong } }),
      /"uploadLimit" \(in config.json\) must be a rate, such as 5MiB\/s/,
    )
})
