import type { TSchema } from 'typebox'
import Value from 'typebox/value'
import { ShoalError } from '../base/errors.ts'
import { LOG_LEVELS_HINT } from '../base/log-levels.ts'
import { type SettingKind, settingFromText } from '../base/setting-text.ts'
import { describeSettings, environmentName } from './settings.ts'

export type ConfigSource = 'default' | 'file' | 'env' | 'flag'

/** A schema like NodeSettings: an object of named settings. */
export type SettingsSchema = TSchema & { properties: Record<string, TSchema> }

export interface ResolvedConfig<T> {
  config: T
  sources: Record<string, ConfigSource>
}

export interface ConfigLayers {
  flags: Record<string, unknown>
  env: Record<string, string | undefined>
  file: Record<string, unknown>
}

/**
 * Flags > environment > file > defaults, setting by setting.
 *
 * @throws ShoalError INVALID_CONFIG that names the setting, where it was set, and what it may be
 */
export function resolveConfig<T>(
  schema: SettingsSchema,
  { flags, env, file }: ConfigLayers,
): ResolvedConfig<T> {
  const config: Record<string, unknown> = {}
  const sources: Record<string, ConfigSource> = {}
  rejectUnknown(schema, file, 'config.json')
  rejectUnknown(schema, flags, 'the command line')
  for (const { key, default: preset } of describeSettings(schema)) {
    const [value, source] = pick(schema, key, { flags, env, file }) ?? [preset, 'default' as const]
    config[key] = value
    sources[key] = source
    checkSetting(schema, key, value, source)
  }
  return { config: config as T, sources }
}

function pick(
  schema: SettingsSchema,
  key: string,
  { flags, env, file }: ConfigLayers,
): [unknown, ConfigSource] | undefined {
  if (flags[key] !== undefined) return [flags[key], 'flag']
  const text = env[environmentName(key)]
  if (text !== undefined) return [settingFromText(schema.properties[key] as SettingKind, text), 'env']
  if (file[key] !== undefined) return [settingFromJson(schema, key, file[key]), 'file']
  return undefined
}

/** A value from JSON: people write rates as text there too. */
export function settingFromJson(schema: SettingsSchema, key: string, value: unknown): unknown {
  const kind = schema.properties[key] as SettingKind | undefined
  return kind?.unit !== undefined && typeof value === 'string' ? settingFromText(kind, value) : value
}

function rejectUnknown(schema: SettingsSchema, given: Record<string, unknown>, where: string): void {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(schema.properties, key))
  if (unknown === undefined) return
  const known = Object.keys(schema.properties).join(', ')
  throw new ShoalError(
    'INVALID_CONFIG',
    `There is no setting "${unknown}" (in ${where}). The settings are: ${known}.`,
  )
}

/** @throws ShoalError INVALID_CONFIG when `value` does not fit the setting `key` */
export function checkSetting(
  schema: SettingsSchema,
  key: string,
  value: unknown,
  source: ConfigSource,
): void {
  const property = schema.properties[key]
  if (!property) rejectUnknown(schema, { [key]: value }, 'the request')
  if (Value.Check(property!, value)) return
  const problems = Value.Errors(property!, value).filter((error) => error.keyword !== 'const')
  const reason = problems[0]?.message ?? 'is not valid'
  const allowed = allowedValues(property!)
  const where = {
    default: '',
    file: ' (in config.json)',
    env: ` (in ${environmentName(key)})`,
    flag: ' (flag)',
  }[source]
  const hint = allowed ? `must be ${allowed}` : reason
  throw new ShoalError(
    'INVALID_CONFIG',
    `The setting "${key}"${where} ${hint}; it is ${JSON.stringify(value)}.`,
  )
}

function allowedValues(property: TSchema): string | undefined {
  const facts = property as { anyOf?: { const?: unknown }[]; items?: TSchema; unit?: string; type?: string }
  if (facts.unit === 'logLevels') return LOG_LEVELS_HINT
  if (facts.unit === 'bytesPerSecond')
    return 'a rate, such as 5MiB/s, 40Mbit/s or a whole number of bytes a second; 0 for none'
  if (facts.items) {
    const inner = allowedValues(facts.items)
    return inner && `a list of ${inner}`
  }
  if (facts.type === 'boolean') return 'true or false'
  return facts.anyOf?.map((option) => JSON.stringify(option.const)).join(', ')
}
