import { ShoalError } from '../../base/errors.ts'
import type { WishChanges } from '../views/wish-view.ts'
import { checkWords } from './search-request.ts'

/** The words of a wish, trimmed; what a search takes. @throws INVALID_ARGUMENT */
export function wishWords(text: string): string {
  const words = text.trim()
  checkWords('words', words)
  return words
}

/** @throws INVALID_ARGUMENT when nothing is to be changed */
export function wishChanges(changes: WishChanges): WishChanges {
  if (changes.fetch !== undefined || changes.seen) return changes
  throw new ShoalError('INVALID_ARGUMENT', 'Say what to change: fetch or seen.')
}

/** @throws NOT_FOUND for a wish that is not there */
export function wishOf<T>(view: T | undefined): T {
  if (view) return view
  throw new ShoalError('NOT_FOUND', 'There is no wish with this id.')
}
