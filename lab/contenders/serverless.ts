import type { Locator } from '../../src/discovery/locator.ts'
import type { Membership } from '../../src/discovery/membership/membership.ts'
import type { NodeParts } from '../contender.ts'

/** A locator with the membership it needs, as one: both start and end together. */
export function serverlessParts(
  membership: Membership,
  locator: Locator & { start(): void },
  duplicates: () => number,
): NodeParts {
  return {
    ...{ locator, membership, duplicates },
    start() {
      membership.start()
      locator.start()
    },
    async stop() {
      await locator.stop()
      await membership.stop()
    },
    drop() {
      void locator.stop()
      void membership.stop()
    },
  }
}
