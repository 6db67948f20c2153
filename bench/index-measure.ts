import { readFileSync } from 'node:fs'

/** Resident memory of this process: its own, and mapped files, which the system takes back when it needs the room. Linux only. */
export function residentMemory(): { ownMib: number; mappedMib: number } {
  const status = readFileSync('/proc/self/status', 'utf8')
  const mib = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024)
  return { ownMib: mib('RssAnon'), mappedMib: mib('RssFile') }
}

/** Counts how long the event loop was held at most, until the returned function is called. */
export function watchEventLoop(): () => number {
  let longest = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    longest = Math.max(longest, now - last - 5)
    last = now
  }, 5)
  return () => {
    clearInterval(timer)
    return longest
  }
}

/** Reads a stream to its end. */
export async function drain(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream);
}

/** How long `work` takes, ms. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}
