/**
 * From now on the time of day goes `factor` times as slowly for all code of this process: timers, deadlines and clocks. What takes a machine
 * a second then takes it 1/`factor` of one, so that one machine stands for as many hosts as run on it. Not to be called twice.
 */
export function slowTime(factor: number): void {
  const { setTimeout, setInterval } = globalThis
  const now = performance.now.bind(performance)
  const dateNow = Date.now
  const beginMs = now()
  const beginDateMs = dateNow()
  performance.now = () => beginMs + (now() - beginMs) / factor
  Date.now = () => Math.floor(beginDateMs + (dateNow() - beginDateMs) / factor)
  const slowed =
    <T extends typeof setTimeout | typeof setInterval>(of: T) =>
    (fn: () => void, ms = 0, ...args: unknown[]) =>
      of(fn, Math.min(ms * factor, MAX_TIMER_MS), ...(args as []))
  globalThis.setTimeout = Object.assign(slowed(setTimeout), setTimeout) as typeof setTimeout
  globalThis.setInterval = slowed(setInterval) as typeof setInterval
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  AbortSignal.timeout = (ms) => timeout(ms * factor)
}

/** Longer ones would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1
