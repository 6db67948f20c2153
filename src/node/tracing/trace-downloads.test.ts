import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DownloadState, DownloadView } from '../../api/node-port.ts'
import { viewOf } from '../../api/testing/fake-node.ts'
import { Emitter } from '../../base/events.ts'
import type { Span, Tracing } from '../../base/tracing.ts'
import { traceDownloads } from './trace-downloads.ts'

/** Notes what begins, fails and ends, in order. */
function noted() {
  const lines: string[] = []
  const tracing: Tracing = {
    start(name) {
      lines.push(`+ ${name}`)
      return {
        set: () => undefined,
        fail: (error) => void lines.push(`! ${name} ${(error as { code: string }).code}`),
        end: () => void lines.push(`- ${name}`),
      } satisfies Span
    },
    run: (_span, fn) => fn(),
  }
  return { tracing, take: () => lines.splice(0) }
}

test('a download has a span, and one of each state in it', () => {
  const changes = new Emitter<DownloadView>()
  const { tracing, take } = noted()
  const stop = traceDownloads(changes, tracing)
  const go = (...states: DownloadState[]) => {
    for (const state of states) changes.emit(viewOf('d1', state))
  }
  go('queued', 'running', 'running')
  assert.deepEqual(take(), ['+ download', '+ download queued', '- download queued', '+ download running'])
  go('done', 'done')
  assert.deepEqual(take(), ['- download running', '- download'])
  go('running')
  changes.emit({ ...viewOf('d1', 'failed'), error: { code: 'NO_SPACE', message: 'Full: /home/me' } })
  assert.deepEqual(take().slice(2), ['- download running', '! download NO_SPACE', '- download'])
  go('running')
  take()
  stop()
  go('done')
  assert.deepEqual(take(), ['- download running', '- download'])
})

test('downloads that are traced at once are bounded', () => {
  const changes = new Emitter<DownloadView>()
  const { tracing, take } = noted()
  traceDownloads(changes, tracing)
  for (let count = 0; count < 1100; count++) changes.emit(viewOf(`d${count}`, 'running'))
  assert.equal(take().length, 2000)
})
