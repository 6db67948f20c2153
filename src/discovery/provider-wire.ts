import { ShoalError } from '../base/errors.ts'
import type { Provider as WireProvider } from '../contract/gen/shoal/v1/common_pb.ts'
import { normalAddress } from '../link/address.ts'
import { isPeerId } from '../link/identity.ts'
import { MAX_ADDRESSES } from './hit-merge.ts'
import type { Provider } from './locator.ts'

/** Longest name of a peer, in characters; the contract says so for logins. */
const MAX_NAME_LENGTH = 64
/** What would move a terminal's cursor or turn its text around, and what is no character at all. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * A provider as another node or server described it. A wrong PeerId throws BAD_RESPONSE; addresses that cannot be read are
 * left out, the name is cut and cleaned: neither proves anything, and the PeerId alone is of use.
 */
export function providerFromWire({ peerId, name, addresses }: WireProvider): Provider {
  if (!isPeerId(peerId)) throw new ShoalError('BAD_RESPONSE', 'A provider without a valid PeerId came.')
  return { peerId, name: cleanName(name), addresses: readable(addresses) }
}

/** A peer's name, fit to be shown: one line, at most {@link MAX_NAME_LENGTH} characters. */
export function cleanName(name: string): string {
  return [...name.slice(0, 4 * MAX_NAME_LENGTH).replace(UNPRINTABLE, '')].slice(0, MAX_NAME_LENGTH).join('')
}

function readable(addresses: readonly string[]): string[] {
  const read = new Set<string>()
  for (const address of addresses.slice(0, 4 * MAX_ADDRESSES)) {
    try {
      read.add(normalAddress(address))
    } catch {
      // Left out, as the doc comment says.
    }
    if (read.size >= MAX_ADDRESSES) break
  }
  return [...read]
}
