/** Names that mean harm: to a page, a terminal, a layout, a shell, a file system. */

/** What would run in a page that took text for markup, address or code. Each calls `pwned`, which tests watch. */
const SCRIPTS = [
  '<script>pwned()<∕script>',
  '<img src=x onerror=pwned()>',
  '<svg onload=pwned()>',
  '"><svg onload=pwned()>',
  "'><img src=x onerror=pwned()>",
  '<iframe srcdoc="<script>parent.pwned()">',
  '<details open ontoggle=pwned()>',
  '<body onload=pwned()>',
  '<math><mtext><style><img src onerror=pwned()>',
  'javascript:pwned()',
  'JaVaScRiPt:pwned()',
  'data:text;html,<script>pwned()',
  '" onmouseover="pwned()',
  "' autofocus onfocus='pwned()",
  `\${pwned()}`,
  '{{constructor.constructor("pwned()")()}}',
  '#{pwned()}',
  '<%= pwned() %>',
  '\\u003cimg src=x onerror=pwned()>',
  '&lt;img src=x onerror=pwned()&gt;',
  '`;pwned();`',
  '</title><svg onload=pwned()>'.replace('/', '∕'),
  '__proto__',
  'constructor',
  'toString',
]

/** What a terminal would act upon, and what turns or hides text. */
const CONTROLS = [
  '\u001b[2J\u001b[H',
  '\u001b]0;owned\u0007',
  '\u001b]52;c;cm0gLXJm\u0007',
  '\u009b31m',
  '\u001b[31mred',
  '\r\nfake line',
  '\nsecond line',
  '\ttab',
  '\u0008\u0008\u0008back',
  '\u007f',
  '\u202egpj.exe',
  '\u2066isolate',
  '\u200b\u200bhidden',
  '\ufeffbom',
  '\u{e0041}tag',
  '\u2028line',
  '\u0000'.replace('\u0000', '␀'),
]

/** What breaks a layout, a query or a shell. */
const ODDITIES = [
  'W'.repeat(200),
  'ẃ'.repeat(100),
  'ﷺ'.repeat(60),
  '👩‍👩‍👧‍👦'.repeat(9),
  'Z\u0351\u036b\u0343\u036a\u0302\u0317'.repeat(12),
  'a'.repeat(251),
  '  spaces  ',
  '-rf',
  '--help',
  '$(reboot)',
  '`reboot`',
  '; reboot',
  '| reboot',
  '%s%n%x',
  '%00',
  '..%2f..%2fetc',
  '....',
  'CON',
  'NUL.txt',
  "'; DROP TABLE files; --",
  '" OR "1"="1',
  '*',
  'AND OR NOT NEAR',
  'שלום עולם',
  'مرحبا بالعالم',
  'ไฟล์',
  'ﬁle',
  'I\u0307stanbul',
]

const WRAPS = [
  (text: string) => text,
  (text: string) => `a ${text} z`,
  (text: string) => `${text}.mp3`,
  (text: string) => `${text}.jpg`,
  (text: string) => `hostile ${text}.txt`,
  (text: string) => `\u202e${text}`,
  (text: string) => `${text}\u001b[0m.pdf`,
  (text: string) => `x${text}${text}`,
]

const MAX_BYTES = 255

/** At most `maxBytes` of UTF-8, never half a character. */
function cut(text: string, maxBytes: number): string {
  let short = text
  while (Buffer.byteLength(short) > maxBytes) short = [...short].slice(0, -1).join('')
  return short
}

/**
 * `count` different names, always the same ones, none of which a file system refuses: no slash, no NUL, at most 255 bytes, and none that the
 * library leaves out (hidden ones, temporary ones).
 */
export function hostileNames(count: number): string[] {
  const names = new Set<string>()
  const all = [...SCRIPTS, ...CONTROLS, ...ODDITIES]
  for (let round = 0; names.size < count; round++) {
    const wrap = WRAPS[round % WRAPS.length]!
    for (const text of all) {
      const suffix = round < WRAPS.length ? '' : ` ${round}`
      const name = cut(`${wrap(text)}${suffix}`.replaceAll('/', '∕'), MAX_BYTES)
      if (names.size < count && name.trim() !== '' && !/^\.|~$|\.(tmp|part)$/.test(name)) names.add(name)
    }
  }
  return [...names]
}
