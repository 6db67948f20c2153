import type { SettingSchema } from '../client/rest.ts'

/**
 * The value that `text` means for a setting: numbers, switches and lists by the setting's type, `null` for its default. What does not
 * fit goes to the node as it is, which knows best what is wrong with it.
 */
export function parseSetting(schema: SettingSchema | undefined, text: string): unknown {
  if (text === 'null') return null
  switch (schema?.type) {
    case 'integer':
    case 'number':
      return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
    case 'boolean':
      if (/^(true|yes|on|1)$/i.test(text)) return true
      return /^(false|no|off|0)$/i.test(text) ? false : text
    case 'array':
      return parseList(text)
    default:
      return text
  }
}

/** A JSON list, or one separated by commas. */
function parseList(text: string): unknown {
  if (text.trim().startsWith('[')) {
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  }
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
