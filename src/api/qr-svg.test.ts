import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { correction, generate } from 'lean-qr'
import { qrSvg } from './qr-svg.ts'

/** The dark modules of a picture, as `x,y`, the quiet zone left out. */
function darkModules(svg: string): { side: number; dark: Set<string> } {
  const side = Number(/viewBox="0 0 (\d+)/.exec(svg)![1]) - 8
  const dark = new Set<string>()
  for (const [, x, y, length] of svg.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let i = 0; i < Number(length); i++) dark.add(`${Number(x) + i - 4},${Number(y) - 4}`)
  return { side, dark }
}

test('the picture has the modules of the code', async () => {
  const texts = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 })
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      const code = generate(text, { minCorrectionLevel: correction.M })
      const { side, dark } = darkModules(await qrSvg(text))
      assert.equal(side, code.size)
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++) assert.equal(dark.has(`${x},${y}`), code.get(x, y), `${x},${y}`)
    }),
    { numRuns: 25 },
  )
})

test('what only fits with less correction is drawn with less, and more than that is refused', async () => {
  assert.equal(darkModules(await qrSvg('x'.repeat(2331))).side, 177)
  assert.equal(darkModules(await qrSvg('x'.repeat(2953))).side, 177)
  await assert.rejects(qrSvg('x'.repeat(2954)), { code: 'TOO_LARGE' })
  assert.ok(await qrSvg('\ud800'), 'half a character is no reason to fail')
})
