import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate } from 'lean-qr'
import { qrLines } from './qr.ts'

const TEXT = 'shoal-network:home:000G40R4-0M30E209-185GR38E-1W8124GK-2GAHC5RR-34D1P70X-3RFNJD20'

/** The modules that lines show, dark is true; `isInverse` when what is drawn is light. */
function modulesOf(lines: readonly string[], isInverse: boolean): boolean[][] {
  return lines.flatMap((line) => {
    const rows = [/[▀█]/, /[▄█]/].map((drawn) => [...line].map((glyph) => drawn.test(glyph) !== isInverse))
    return rows
  })
}

test('the drawing is the code, module by module, within four light ones on every side', async () => {
  for (const hasColors of [true, false]) {
    const lines = await qrLines(TEXT, { hasColors })
    const modules = modulesOf(lines, !hasColors)
    const size = modules[0]!.length - 8
    assert.ok(size >= 21 && size % 4 === 1, `${size} is a size of QR codes`)
    // A line shows two rows, so there may be one more light one below.
    assert.ok(modules.length - size - 8 <= 1)
    assert.ok(lines.every((line) => [...line].length === size + 8))
    for (const corner of [
      [4, 4],
      [4, size + 3],
      [size + 3, 4],
    ] as const)
      assert.ok(modules[corner[0]]![corner[1]], 'a finder pattern')
    assert.ok(!modules[size + 3]![size + 3] || size > 21)
    const code = generate(TEXT, { minCorrectionLevel: 1 as never })
    assert.equal(code.size, size)
    modules.forEach((row, y) => {
      row.forEach((isDark, x) => {
        assert.equal(isDark, code.get(x - 4, y - 4), `${x}, ${y}`)
      })
    })
  }
})

test('a text of a network fits an ordinary terminal', async () => {
  const longest = `shoal-network:${'N'.repeat(32)}:${TEXT.split(':')[2]}`
  const lines = await qrLines(longest, { hasColors: true })
  assert.ok(lines[0]!.length < 80 && lines.length < 30, `${lines[0]!.length} x ${lines.length}`)
})
