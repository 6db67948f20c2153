import { parseRate } from './units.ts'

/** What the schema of a setting tells of how its value is written. */
export interface SettingKind {
  /** JSON Schema's. */
  readonly type?: string | undefined
  /** `bytesPerSecond`: people may write `5MiB/s`. `logLevels`: they may write `transfer=debug,link=warn`. */
  readonly unit?: string | undefined
}

/**
 * A setting's value from text, as environment variables and the command line give it, by the setting's JSON Schema:
 * numbers and switches as people write them, lists as JSON or separated by commas. What does not fit comes back as it
 * is, for whoever checks the setting to say what is wrong with it.
 */
export function settingFromText({ type, unit }: SettingKind, text: string): unknown {
  if (unit === 'bytesPerSecond') return parseRate(text) ?? text
  if (unit === 'logLevels') return pairsFromText(text)
  switch (type) {
    case 'integer':
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
    case 'boolean':
      if (/^(true|yes|on|1)$/i.test(text)) return true
      return /^(false|no|off|0)$/i.test(text) ? false : text
    case 'array':
      return listFromText(text)
    default:
      return text
  }
}

/** `a=b,c=d`, or JSON, as an object; none for no text. */
function pairsFromText(text: string): unknown {
  if (text.trim().startsWith('{')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  const pairs = partsOf(text).map((part) => part.split('=').map((each) => each.trim()))
  return pairs.every(({ length }) => length === 2) ? Object.fromEntries(pairs) : text
}

function listFromText(text: string): unknown {
  if (text.trim().startsWith('[')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return partsOf(text)
}

const partsOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
