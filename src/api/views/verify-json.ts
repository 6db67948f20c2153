import type { VerifyEvent, VerifyView } from '../node-port.ts'

/** A verification as JSON. */
export function verifyJson({ state, etaMs, ...figures }: VerifyView) {
  return { state, ...figures, etaMs: etaMs ?? null }
}

/** A line of the stream; the same goes to those who listen to all events. */
export function verifyLine(event: VerifyEvent) {
  if (event.type === 'damaged') {
    const { path, cid, blocks, blockCount, reason } = event.finding
    return { event: 'damaged', path, cid, blocks, blockCount, reason }
  }
  const { state, files, filesTotal, bytes, bytesTotal, rateBytesPerSecond, etaMs, damaged, ms } = event.state
  if (event.type === 'progress') {
    const figures = { files, filesTotal, bytes, bytesTotal, rateBytesPerSecond, etaMs: etaMs ?? null }
    return { event: 'progress', ...figures, damaged }
  }
  if (state === 'done') return { event: 'done', files, bytes, damaged, ms }
  return { event: 'stopped', files, filesTotal, bytes, bytesTotal, damaged, ms }
}
