import type { DoctorCheck, DoctorStatus } from '../../api/views/doctor-view.ts'

export type { DoctorCheck, DoctorStatus } from '../../api/views/doctor-view.ts'

/** Makes the results of one check. */
export interface Check {
  ok(detail: string): DoctorCheck
  /** Nothing can be said, or nothing is to be said; `detail` says why. */
  skipped(detail: string, fix?: string): DoctorCheck
  warn(detail: string, fix: string): DoctorCheck
  broken(detail: string, fix: string): DoctorCheck
}

export function checkOf(id: string, title: string): Check {
  const make = (status: DoctorStatus, detail: string, fix: string) => ({ id, status, title, detail, fix })
  return {
    ok: (detail) => make('ok', detail, ''),
    skipped: (detail, fix = '') => make('skipped', detail, fix),
    warn: (detail, fix) => make('warn', detail, fix),
    broken: (detail, fix) => make('broken', detail, fix),
  }
}

/** `text` as one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** `1 peer`, `2 peers`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`
}

/** Items named in a detail; of more of them only the number is said. */
const MAX_NAMED = 5

/** `a, b and 3 more`. */
export function named(items: readonly string[]): string {
  const shown = items.slice(0, MAX_NAMED).join(', ')
  const more = items.length - MAX_NAMED
  return more > 0 ? `${shown} and ${more} more` : shown
}
