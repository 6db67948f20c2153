import { readFileSync, statSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { writeFileAtomic } from '../base/atomic-file.ts'
import { every, systemClock, type Timer } from '../base/clock.ts'
import { ShoalError, toShoalError } from '../base/errors.ts'
import { Emitter } from '../base/events.ts'
import type { Logger } from '../base/log.ts'
import {
  type ConfigSource,
  checkSetting,
  resolveConfig,
  type SettingsSchema,
  settingFromJson,
} from './config.ts'
import { describeSettings } from './settings.ts'

/** How often the file is looked at, ms. Polling sees editors that replace the file, and file systems without notification. */
const WATCH_MS = 1000

export interface ConfigStoreOptions {
  schema: SettingsSchema
  /** config.json; need not exist. */
  path: string
  flags: Record<string, unknown>
  env: Record<string, string | undefined>
  log: Logger
}

export interface ConfigChange<T> {
  config: T
  /** Settings whose value in force changed. */
  changed: (keyof T & string)[]
}

/**
 * The configuration in force, and its file. Changes to the file take effect while the node runs where a setting can; a
 * file that cannot be read or is not valid is reported and the old values stay.
 */
export class ConfigStore<T extends Record<string, unknown>> {
  readonly changes = new Emitter<ConfigChange<T>>()
  readonly schema: SettingsSchema
  readonly #options: ConfigStoreOptions
  #file: Record<string, unknown>
  #config: T
  #sources: Record<string, ConfigSource>
  #seen: string
  #timer: Timer | undefined

  /** @throws ShoalError INVALID_CONFIG */
  constructor(options: ConfigStoreOptions) {
    this.#options = options
    this.schema = options.schema
    // Before it is read: a change in between is then seen at the first look.
    this.#seen = signatureOf(options.path)
    this.#file = readConfigFile(options.path)
    const resolved = resolveConfig<T>(options.schema, { ...options, file: this.#file })
    this.#config = resolved.config
    this.#sources = resolved.sources
  }

  get current(): T {
    return this.#config
  }

  get sources(): Record<string, ConfigSource> {
    return this.#sources
  }

  watch(): void {
    this.#timer ??= every(systemClock, WATCH_MS, () => this.#look())
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #look(): void {
    const { path, log } = this.#options
    const seen = signatureOf(path)
    if (seen === this.#seen) return
    this.#seen = seen
    try {
      this.#apply(readConfigFile(path))
    } catch (error) {
      log.error({ err: error }, `config.json is left out of account: ${toShoalError(error).message}`)
    }
  }

  #apply(file: Record<string, unknown>): void {
    const next = resolveConfig<T>(this.schema, { ...this.#options, file })
    const changed = Object.keys(next.config).filter(
      (key) => !isDeepStrictEqual(next.config[key], this.#config[key]),
    )
    this.#file = file
    this.#config = next.config
    this.#sources = next.sources
    if (changed.length > 0) this.changes.emit({ config: next.config, changed })
  }

  /**
   * Writes `changes` into the file and applies them; `null` takes a setting back to its default.
   *
   * @returns the settings that take effect only at the next start
   * @throws ShoalError INVALID_CONFIG (nothing is changed), CONFLICT for a setting fixed by a flag or the environment
   */
  patch(changes: Record<string, unknown>): string[] {
    const file = { ...this.#file }
    for (const [key, given] of Object.entries(changes)) {
      const value = settingFromJson(this.schema, key, given)
      if (value === null && Object.hasOwn(this.schema.properties, key)) delete file[key]
      else {
        checkSetting(this.schema, key, value, 'file')
        file[key] = value
      }
      const source = this.#sources[key]
      if (source === 'flag' || source === 'env') {
        const where = source === 'flag' ? 'a flag' : 'an environment variable'
        throw new ShoalError(
          'CONFLICT',
          `"${key}" was set by ${where} when the node started. Change it there.`,
        )
      }
    }
    resolveConfig<T>(this.schema, { ...this.#options, file })
    writeFileAtomic(this.#options.path, `${JSON.stringify(file, null, 2)}\n`, 0o600)
    this.#apply(file)
    const needing = new Set(
      describeSettings(this.schema)
        .filter((setting) => setting.restart)
        .map((setting) => setting.key),
    )
    return Object.keys(changes).filter((key) => needing.has(key))
  }
}

/** Changes whenever the file does; the same while it is missing or cannot be looked at. */
function signatureOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unreadable'
  }
}

function readConfigFile(path: string): Record<string, unknown> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new ShoalError('INVALID_CONFIG', `${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    })
  }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch (error) {
    throw new ShoalError('INVALID_CONFIG', `${path} is not JSON: ${(error as Error).message}`, {
      cause: error,
    })
  }
  throw new ShoalError('INVALID_CONFIG', `${path} must hold a JSON object of settings.`)
}
