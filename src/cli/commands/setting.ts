import { settingFromText } from '../../base/setting-text.ts'
import type { SettingSchema } from '../client/rest.ts'

/** The value that `text` means for a setting, `null` for its default. */
export function parseSetting(schema: SettingSchema | undefined, text: string): unknown {
  return text === 'null' ? null : settingFromText(schema ?? {}, text)
}
