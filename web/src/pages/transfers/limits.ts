import { formatBytes, parseRate } from '../../../../src/base/units.ts'

export const MAIN_LIMITS = [
  'downloadLimit',
  'uploadLimit',
  'downloadLimitPerPeer',
  'uploadLimitPerPeer',
] as const
export const LAN_LIMITS = ['downloadLimitLan', 'uploadLimitLan'] as const
export type LimitName = (typeof MAIN_LIMITS)[number] | (typeof LAN_LIMITS)[number]

export const LIMIT_LABELS: Readonly<Record<LimitName, string>> = {
  downloadLimit: 'All downloads',
  uploadLimit: 'All uploads',
  downloadLimitPerPeer: 'Downloads from one peer',
  uploadLimitPerPeer: 'Uploads to one peer',
  downloadLimitLan: 'All downloads in the local network',
  uploadLimitLan: 'All uploads in the local network',
}

/** A limit as it is written into a field; empty for none. */
export const limitText = (bytesPerSecond: number): string => {
  if (bytesPerSecond === 0) return ''
  const text = formatBytes(bytesPerSecond)
  // Rounded for reading, it would be another limit when it is sent back.
  return parseRate(text) === bytesPerSecond ? `${text.replace('.00', '')}/s` : `${bytesPerSecond} B/s`
}

/** Bytes a second of what was written; 0 for none. @throws Error that says how to write one */
export function limitOf(text: string): number {
  const rate = text.trim() === '' ? 0 : parseRate(text)
  if (rate === undefined)
    throw new Error(
      `“${text.trim()}” is no rate. Write one such as 5 MiB/s, 500 KiB/s or 40 Mbit/s; nothing for no limit.`,
    )
  return rate
}
