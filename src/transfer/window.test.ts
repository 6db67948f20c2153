import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MIB } from '../base/units.ts'
import { RequestWindow } from './window.ts'

const options = { initialWindowBytes: 4 * MIB, minWindowBytes: 2 * MIB, maxWindowBytes: 16 * MIB }

/** A line that carries so many bytes a second, `delayMs` away, with as much in flight as the window allows. */
function settle(rateBytesPerSecond: number, delayMs: number, rounds = 200): RequestWindow {
  const window = new RequestWindow(options)
  const asked: number[] = []
  let nowMs = 0
  let lineFreeMs = 0
  window.started(0)
  for (let i = 0; i < rounds; i++) {
    const alone = asked.length === 0
    while (asked.length === 0 || (asked.length + 1) * MIB <= window.windowBytes) asked.push(nowMs)
    const askedMs = asked.shift()!
    lineFreeMs = Math.max(lineFreeMs, askedMs + delayMs) + (MIB / rateBytesPerSecond) * 1000
    nowMs = Math.max(nowMs, lineFreeMs)
    window.arrived(MIB, nowMs)
    window.delivered(nowMs - askedMs, nowMs, alone)
  }
  return window
}

test('begins with what the options say', () => {
  assert.equal(new RequestWindow(options).windowBytes, 4 * MIB)
  assert.equal(new RequestWindow(options).rateBytesPerSecond, undefined)
})

test('a line is kept full, and its queue stays short', () => {
  // 20 MiB/s and 100 ms hold 2 MiB; 100 MiB/s and 50 ms hold 5 MiB.
  for (const [rate, delayMs] of [
    [20 * MIB, 100],
    [100 * MIB, 50],
  ] as const) {
    const window = settle(rate, delayMs)
    const product = (rate * delayMs) / 1000
    assert.ok(Math.abs(window.rateBytesPerSecond! / rate - 1) < 0.05, `${window.rateBytesPerSecond}`)
    assert.ok(window.windowBytes >= product + MIB)
    assert.ok(
      window.windowBytes <= 2 * product + 4 * MIB,
      `${window.windowBytes / MIB} MiB for ${product / MIB}`,
    )
  }
})

test('a fast source near by is asked for several blocks at once', () => {
  // 150 MiB/s: one of four that share a receiver.
  for (const rate of [150, 500, 2000]) {
    const { windowBytes } = settle(rate * MIB, 0)
    assert.ok(windowBytes > 7 * MIB && windowBytes <= 11 * MIB, `${windowBytes} at ${rate} MiB/s`)
  }
  // What is near and slow keeps its short queue.
  assert.ok(settle(20 * MIB, 0).windowBytes < 4 * MIB)
})

test('more is asked for while a long line is still full, and of a source near by by the half', () => {
  const [far, near] = [settle(40 * MIB, 100), settle(200 * MIB, 1)]
  assert.equal(far.askBelowBytes, 0.75 * far.windowBytes)
  assert.equal(near.askBelowBytes, 0.5 * near.windowBytes)
  // One block fits at least, whatever the window.
  const least = new RequestWindow({ initialWindowBytes: MIB, minWindowBytes: MIB, maxWindowBytes: MIB })
  assert.equal(least.askBelowBytes, 0)
})

test('a road that has become longer is found out', () => {
  const window = settle(20 * MIB, 5, 2000)
  const before = window.windowBytes
  const nowMs = 1_000_000
  // One block, far too long after the last good measure: the window shuts until one was asked for alone.
  window.delivered(400, nowMs, false)
  assert.equal(window.windowBytes, MIB)
  window.delivered(300, nowMs + 300, false)
  assert.equal(window.windowBytes, MIB)
  window.delivered(200, nowMs + 500, true)
  assert.ok(window.windowBytes > before)
})

test('keeps between the least and the most', () => {
  assert.ok(settle(0.1 * MIB, 10).windowBytes <= 3.1 * MIB, 'a slow line does not fill its own queue')
  assert.equal(settle(1000 * MIB, 500).windowBytes, options.maxWindowBytes)
})
