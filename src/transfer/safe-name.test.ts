import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  cutName,
  MAX_NAME_BYTES,
  numberedName,
  partName,
  safeName,
  safePaths,
  splitName,
} from './safe-name.ts'

/** What comes in, what a POSIX system gets, and what Windows gets where that differs. */
const TABLE: [name: string, posix: string, windows?: string][] = [
  ['report.pdf', 'report.pdf'],
  ["Été 数据 (final) 'v2' #1?.bin", "Été 数据 (final) 'v2' #1?.bin", "Été 数据 (final) 'v2' #1_.bin"],
  ['../../etc/passwd', '.._.._etc_passwd'],
  ['a\\b:c*d?e"f<g>h|i', 'a_b:c*d?e"f<g>h|i', 'a_b_c_d_e_f_g_h_i'],
  ['line\nbreak\u0000null\u007fdel\u0085next', 'line_break_null_del_next'],
  ['', 'unnamed'],
  ['.', 'unnamed'],
  ['..', 'unnamed'],
  [' . . ', 'unnamed'],
  ['trailing. . ', 'trailing. . ', 'trailing'],
  ['  leading', '  leading', 'leading'],
  ['.hidden', '.hidden'],
  ['CON', '_CON'],
  ['con.txt', '_con.txt'],
  ['LPT¹', '_LPT¹'],
  ['console.log', 'console.log'],
  ['aux .txt', '_aux .txt'],
  ['gpj\u202eexe.jpg', 'gpjexe.jpg'],
  ['a\u061cb\u200ec\u200fd\u2066e\u2069f', 'abcdef'],
  ['line\u2028and\u2029paragraph', 'lineandparagraph'],
  ['C\u202eON', '_CON'],
  ['NUL', '_NUL'],
  ['aux.txt', '_aux.txt'],
  ['...', 'unnamed'],
  ['   ', 'unnamed'],
  ['a/b\\c', 'a_b_c'],
  ['zero\u200bwidth\u200c\u200d\ufeff\u00ad', 'zero\u200bwidth\u200c\u200d\ufeff\u00ad'],
  [
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  ],
  ['\ufffd was there', '\ufffd was there'],
  ['👩‍👩‍👧.png', '👩‍👩‍👧.png'],
  ['half\ud800', 'half\ufffd'],
  ['e\u0301.txt', 'e\u0301.txt'],
]

test('names become safe, and keep what the system allows', () => {
  for (const [name, posix, windows = posix] of TABLE) {
    for (const platform of ['linux', 'darwin', 'freebsd'] as const)
      assert.equal(safeName(name, platform), posix, JSON.stringify(name))
    assert.equal(safeName(name, 'win32'), windows, JSON.stringify(name))
  }
})

/** Text with everything that is awkward in it much more often than by chance. */
const awkward = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '.',
        '..',
        ' ',
        '/',
        '\\',
        '\0',
        '\u202e',
        '\ud800',
        'é',
        '数',
        '👩‍👩‍👧',
        'con',
        '.tar.gz',
        '.x',
        'e\u0301',
      ),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''))

const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i

for (const platform of ['linux', 'win32'] as const) {
  test(`whatever comes in, what comes out is safe on ${platform} and stays as it is`, () => {
    fc.assert(
      fc.property(awkward, (name) => {
        const safe = safeName(name, platform)
        assert.ok(safe.length > 0)
        assert.ok(Buffer.byteLength(safe) <= MAX_NAME_BYTES)
        assert.doesNotMatch(safe, /[/\\\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
        if (platform === 'win32') assert.doesNotMatch(safe, /[<>:"|?*]|[. ]$/)
        assert.doesNotMatch(safe, RESERVED)
        assert.doesNotMatch(safe, /^[. ]*$/)
        assert.ok(safe.isWellFormed())
        assert.equal(safeName(safe, platform), safe)
        for (const number of [0, 1, 99, 9999]) {
          assert.ok(Buffer.byteLength(numberedName(safe, number)) <= MAX_NAME_BYTES)
          assert.ok(Buffer.byteLength(partName(safe, number)) <= MAX_NAME_BYTES)
          assert.ok(partName(safe, number).endsWith('.part'))
        }
      }),
      { numRuns: 500 },
    )
  })
}

/** What no rule for POSIX speaks of. */
const harmless = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 63 })
  .map((text) => `x${text.replace(/[/\\\p{Cc}\p{Cs}\p{Bidi_Control}\u2028\u2029]/gu, '')}`)

test('a name with nothing dangerous in it stays byte for byte on POSIX', () => {
  fc.assert(
    fc.property(harmless, (name) => {
      fc.pre(Buffer.byteLength(name) <= MAX_NAME_BYTES)
      assert.equal(safeName(name, 'linux'), name)
      assert.equal(safeName(name, 'darwin'), name)
    }),
    { numRuns: 500 },
  )
})

test('a name is cut only when the file system has no room for it; that of its part file before', () => {
  for (let bytes = 235; bytes <= 260; bytes++) {
    const name = `${'n'.repeat(bytes - 4)}.bin`
    const safe = safeName(name, 'linux')
    if (bytes <= MAX_NAME_BYTES) assert.equal(safe, name)
    else assert.equal(safe, `${'n'.repeat(MAX_NAME_BYTES - 12 - 4)}.bin`)
    const stem = 'n'.repeat(Math.min(safe.length, MAX_NAME_BYTES - 5) - 4)
    assert.equal(partName(safe, 0), `${stem}.bin.part`)
    assert.equal(partName(safe, 7), `${'n'.repeat(Math.min(safe.length, 246) - 4)} (7).bin.part`)
    assert.equal(numberedName(safe, 7), `${'n'.repeat(Math.min(safe.length, 251) - 4)} (7).bin`)
  }
  const tooLong = 'n'.repeat(300)
  assert.equal(partName(tooLong, 0), `${tooLong}.part`, 'left for the system to refuse')
  assert.equal(partName('report.pdf', 0), 'report.pdf.part')
  assert.equal(partName('report.pdf', 2), 'report (2).pdf.part')
})

test('a long name keeps its extension and whole characters', () => {
  const long = safeName(`${'数'.repeat(300)}.tar.gz`)
  assert.ok(long.endsWith('数.tar.gz'))
  assert.ok(Buffer.byteLength(long) > 230)
  const family = cutName(`${'👩‍👩‍👧'.repeat(30)}.png`, 100)
  assert.match(family, /^(👩‍👩‍👧)+\.png$/u)
  assert.equal(Buffer.byteLength(safeName(`a${'\u0301'.repeat(400)}`)) <= 243, true)
  assert.deepEqual(splitName(`x.${'y'.repeat(40)}`), { stem: `x.${'y'.repeat(40)}`, extension: '' })
})

test('numbers go before the extension', () => {
  assert.equal(numberedName('a.tar.gz', 2), 'a (2).tar.gz')
  assert.equal(numberedName('.profile', 1), '.profile (1)')
  assert.equal(numberedName('plain', 10), 'plain (10)')
})

test('paths that fall together are told apart, the same way each time', () => {
  const paths = ['a:b', 'a?b', 'A_B', 'dir?/x', 'dir*/x', 'dir?/y', 'a_b (1)']
  assert.deepEqual(safePaths(paths, 'win32'), [
    'a_b',
    'a_b (1)',
    'A_B (2)',
    'dir_/x',
    'dir_ (1)/x',
    'dir_/y',
    'a_b (1) (1)',
  ])
  assert.deepEqual(safePaths(paths, 'linux'), paths)
  const alike = ['a', 'A', 'é', 'e\u0301']
  assert.deepEqual(safePaths(alike, 'linux'), alike)
  for (const platform of ['darwin', 'win32'] as const)
    assert.deepEqual(safePaths(alike, platform), ['a', 'A (1)', 'é', 'e\u0301 (1)'])
  assert.deepEqual(safePaths(['σ', 'ς', 'Σ'], 'win32'), ['σ', 'ς (1)', 'Σ (2)'])
  const long = ['x', 'X'].map((first) => first.padEnd(MAX_NAME_BYTES, 'n'))
  assert.deepEqual(safePaths(long, 'linux'), long)
  assert.deepEqual(safePaths(long, 'darwin'), [long[0], `X${'n'.repeat(MAX_NAME_BYTES - 5)} (1)`])
})

test('safe paths are different, and as many as came in', () => {
  const part = fc.constantFrom('a', 'A', 'a?', 'a*', 'b', '. ', 'con', 'a (1)', 'a\\', 'a_')
  const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'))
  for (const platform of ['linux', 'win32'] as const) {
    fc.assert(
      fc.property(fc.uniqueArray(path, { maxLength: 30 }), (paths) => {
        // A path is a file or a folder, never both.
        const files = paths.filter((one) => !paths.some((other) => other.startsWith(`${one}/`)))
        const safe = safePaths(files, platform)
        const keys = safe.map((each) => (platform === 'win32' ? each.toLowerCase() : each))
        assert.equal(new Set(keys).size, files.length)
        for (const each of safe)
          for (const name of each.split('/')) assert.equal(safeName(name, platform), name)
        assert.deepEqual(safePaths(files, platform), safe)
      }),
    )
  }
})

test('thousands of names that fall together each get their own', () => {
  const paths = Array.from(
    { length: 20_000 },
    (_, i) => `a${'?*:|<>'[i % 6]}${'?*:|<>'[Math.floor(i / 6) % 6]}${i % 2 ? '' : ' '}`,
  )
  assert.equal(new Set(safePaths(paths, 'win32')).size, paths.length)
})
