import { ShoalError } from '../../base/errors.ts'
import { wordsOf } from '../../base/words.ts'
import type { WishJson } from '../client/wish-rest.ts'

/**
 * The one wish that `text` names: its id, its words, or the beginning of its id.
 *
 * @throws ShoalError NOT_FOUND, AMBIGUOUS
 */
export function pickWish(wishes: readonly WishJson[], text: string): WishJson {
  const words = keyOf(text)
  const exact =
    wishes.find((wish) => wish.id === text || wish.words === text) ??
    wishes.find((wish) => words !== '' && keyOf(wish.words) === words)
  if (exact) return exact
  const [first, second] = wishes.filter(({ id }) => text !== '' && id.startsWith(text))
  if (!first) throw new ShoalError('NOT_FOUND', `There is no wish ${text}. See all with: shoal wish ls`)
  if (!second) return first
  throw new ShoalError('AMBIGUOUS', `More than one wish begins with ${text}. Give more of the id.`)
}

/** As a search reads them. */
const keyOf = (words: string): string =>
  `${wordsOf(words).join(' ')}${words.trimEnd().endsWith('*') ? '*' : ''}`
