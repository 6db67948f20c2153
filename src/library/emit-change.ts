import type { Emitter } from '../base/events.ts'
import type { CatalogueChange } from '../storage/catalogue-types.ts'

/** Most entries in one event: what a locator sends in one message. */
export const MAX_CHANGE = 1000

/** Emits a change in parts of at most {@link MAX_CHANGE} entries, what is removed first; nothing when it is empty. */
export function emitChange(changes: Emitter<CatalogueChange>, { added, removed }: CatalogueChange): void {
  if (added.length + removed.length === 0) return
  if (added.length + removed.length <= MAX_CHANGE) {
    changes.emit({ added, removed })
    return
  }
  for (let at = 0; at < removed.length; at += MAX_CHANGE) {
    changes.emit({ added: [], removed: removed.slice(at, at + MAX_CHANGE) })
  }
  for (let at = 0; at < added.length; at += MAX_CHANGE) {
    changes.emit({ added: added.slice(at, at + MAX_CHANGE), removed: [] })
  }
}
