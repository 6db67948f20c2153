import { ShoalError } from '../base/errors.ts'
import type { KeepSettings } from './ports.ts'

/** Whether something is kept for this owner. In a private network everybody who can call is a member, and trusted. */
export function isWelcome(
  owner: string,
  { keepsFor, trusted }: Pick<KeepSettings, 'keepsFor' | 'trusted'>,
  isPrivate: boolean,
): boolean {
  if (keepsFor === 'nobody') return false
  return keepsFor === 'everybody' || isPrivate || trusted.includes(owner)
}

export const unwelcome = (): ShoalError =>
  new ShoalError('PERMISSION_DENIED', 'This peer keeps no copies for you: its owner has not allowed it.')

export const noRoom = (): ShoalError =>
  new ShoalError('NO_SPACE', 'This peer has no room for a copy of that size for you.')
