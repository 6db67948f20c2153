import { type DownloadView, FINAL_STATES } from '../../api/node-port.ts'
import { ShoalError } from '../../base/errors.ts'
import type { Emitter } from '../../base/events.ts'
import type { Span, Tracing } from '../../base/tracing.ts'

/** Downloads that are traced at once; what begins while there are more is not. */
const MAX_TRACED = 1000

interface Traced {
  readonly span: Span
  state: DownloadView['state']
  part: Span
}

/**
 * A span of each download from when it is first heard of until it has ended, with one of each state in it.
 *
 * @returns ends it; what goes on then ends there
 */
export function traceDownloads(changes: Emitter<DownloadView>, tracing: Tracing): () => void {
  const traced = new Map<string, Traced>()
  const off = changes.on((view) => {
    const known = traced.get(view.id)
    if (known) follow(known, view)
    else if (FINAL_STATES.includes(view.state) || traced.size >= MAX_TRACED) return
    else traced.set(view.id, begin(view))
    if (FINAL_STATES.includes(view.state)) traced.delete(view.id)
  })

  function begin({ id, kind, state }: DownloadView): Traced {
    const attributes = { 'shoal.download.id': id, 'shoal.download.kind': kind }
    const span = tracing.start('download', { attributes })
    return { span, state, part: tracing.start(`download ${state}`, { parent: span }) }
  }

  function follow(known: Traced, view: DownloadView): void {
    if (view.state === known.state) return
    known.part.end()
    known.state = view.state
    if (FINAL_STATES.includes(view.state)) finish(known, view)
    else known.part = tracing.start(`download ${view.state}`, { parent: known.span })
  }

  return () => {
    off()
    for (const { span, part } of traced.values()) {
      part.end()
      span.end()
    }
    traced.clear()
  }
}

function finish({ span }: Traced, { state, sizeBytes, doneBytes, sources, error }: DownloadView): void {
  span.set({
    ...{ 'shoal.download.state': state, 'shoal.download.bytes': doneBytes },
    ...{ 'shoal.download.size': sizeBytes, 'shoal.download.sources': Object.keys(sources).length },
  })
  if (error) span.fail(new ShoalError(error.code, error.message))
  span.end()
}
