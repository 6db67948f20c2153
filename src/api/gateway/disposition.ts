/**
 * A `Content-Disposition` (RFC 6266): the name in ASCII for old clients and, when that is not all of it, in UTF-8 (RFC 8187). Path
 * separators and control characters become `_`, so that no name leads anywhere; so do bidi controls and line separators, with which `gpj.exe` is shown as
 * `exe.jpg`.
 */
export function contentDisposition(how: 'inline' | 'attachment', filename?: string): string {
  if (filename === undefined || filename === '') return how
  const name = filename.toWellFormed().replace(/[/\\\p{Cc}\p{Bidi_Control}\p{Zl}\p{Zp}]/gu, '_')
  const ascii = name.replace(/[^\x20-\x7e]/gu, '_').replaceAll('"', '_')
  if (ascii === name) return `${how}; filename="${ascii}"`
  return `${how}; filename="${ascii}"; filename*=UTF-8''${encodeExtended(name)}`
}

/** What RFC 8187 lets stand is less than what encodeURIComponent leaves. */
function encodeExtended(name: string): string {
  const percent = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`
  return encodeURIComponent(name).replace(/['()*]/g, percent)
}
