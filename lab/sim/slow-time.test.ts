import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const MODULE = fileURLToPath(new URL('./slow-time.ts', import.meta.url))

test('clocks, timers and deadlines go slowly together', () => {
  // In a process of its own: it cannot be undone.
  const code = `
    import { slowTime } from ${JSON.stringify(MODULE)}
    const real = () => Number(process.hrtime.bigint()) / 1e6
    // AbortSignal.timeout alone keeps no process running.
    const alive = setInterval(() => {}, 1000)
    slowTime(5)
    const begin = { real: real(), steady: performance.now(), day: Date.now() }
    await new Promise((resolve) => setTimeout(resolve, 60))
    await new Promise((resolve) => AbortSignal.timeout(40).addEventListener('abort', resolve))
    let ticks = 0
    await new Promise((resolve) => { const timer = setInterval(() => ++ticks === 2 && (clearInterval(timer), resolve()), 20) })
    console.log(JSON.stringify([real() - begin.real, performance.now() - begin.steady, Date.now() - begin.day]))
    clearInterval(alive)`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' })
  const [real, steady, day] = JSON.parse(out) as [number, number, number]
  assert.ok(real >= 690, `${real} ms of a slow clock`)
  assert.ok(steady >= 138 && Math.abs(5 * steady - real) < 0.2 * real, `${steady} ms where ${real} went by`)
  assert.ok(Math.abs(day - steady) <= 10, `${day} and ${steady} ms`)
})
