import { ShoalError } from '../base/errors.ts'

/** The entry after which a page begins. */
export interface ListPosition {
  readonly shareId: number
  readonly dir: string
  readonly name: string
}

const START: ListPosition = { shareId: 0, dir: '', name: '' }

/** Opaque text for clients. */
export function encodeCursor({ shareId, dir, name }: ListPosition): string {
  return Buffer.from(JSON.stringify([shareId, dir, name])).toString('base64url')
}

/** The inverse of {@link encodeCursor}; the beginning for undefined or ''. INVALID_ARGUMENT for anything else. */
export function decodeCursor(cursor: string | undefined): ListPosition {
  if (!cursor) return START
  try {
    const [shareId, dir, name] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[]
    if (Number.isSafeInteger(shareId) && typeof dir === 'string' && typeof name === 'string') {
      return { shareId: shareId as number, dir, name }
    }
  } catch {
    // Falls through: it is no cursor either way.
  }
  throw new ShoalError('INVALID_ARGUMENT', 'This cursor is not one that a page of the list gave.')
}
