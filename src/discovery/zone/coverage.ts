import { bitsOf, inZone } from '../membership/point.ts'

/** Which parts of its zone a member's directory is known to hold wholly. */
export class Coverage {
  #known: number[] = []

  /** All that is in this zone is known from now on. */
  add(label: number): void {
    if (!this.#known.includes(label)) this.#known.push(label)
  }

  /** The member's zone is this from now on: what is known of a wider one is known of this; what lies outside is forgotten by and by. */
  rezone(label: number): void {
    this.#known = this.#known.flatMap((known) => {
      if (isWithin(label, known)) return label
      return isWithin(known, label) ? known : []
    })
  }

  /** Those of the mates who may know what is not known here. */
  missing<T extends { readonly point: number }>(mates: readonly T[]): T[] {
    return mates.filter(({ point }) => !this.#known.some((label) => inZone(point, label)))
  }
}

/** Whether the zone `label` is `wider` or a part of it. */
function isWithin(label: number, wider: number): boolean {
  const deeper = bitsOf(label) - bitsOf(wider)
  return deeper >= 0 && label >>> deeper === wider
}
