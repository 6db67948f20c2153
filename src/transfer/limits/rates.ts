/** The limits of one direction, bytes a second; 0 = none. */
export interface Rates {
  /** All peers that are not on the local network. */
  readonly all: number
  /** Each of them. */
  readonly perPeer: number
  /** All peers on the local network. */
  readonly lan: number
  /** Peers on the local network count for `all` and `perPeer` too. */
  readonly includeLan: boolean
}

export const NO_LIMITS: Rates = { all: 0, perPeer: 0, lan: 0, includeLan: false }

/** Whose bytes they are. */
export interface Who {
  readonly peerId: string
  readonly isLan: boolean
}

/** The limits that hold for a peer: those that it shares, by name, and its own one, bytes a second; 0 = none. */
export function limitsFor(
  { isLan }: Pick<Who, 'isLan'>,
  rates: Rates,
): { shared: readonly ('all' | 'lan')[]; own: number } {
  const isCounted = !isLan || rates.includeLan
  const shared: ('all' | 'lan')[] = []
  if (isCounted && rates.all > 0) shared.push('all')
  if (isLan && rates.lan > 0) shared.push('lan')
  return { shared, own: isCounted ? rates.perPeer : 0 }
}
