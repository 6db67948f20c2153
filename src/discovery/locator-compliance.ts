import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { complianceCases } from './testing/compliance-cases.ts'
import type { LocatorWorld, MakeWorld } from './testing/compliance-world.ts'

export type { LocatorMember, LocatorWorld, MakeWorld } from './testing/compliance-world.ts'

/**
 * Registers the tests that every locator has to pass: what the port in locator.ts promises, seen from outside. `makeWorld` gives
 * a network of so many locators; most tests share one of three, those that end a member have their own.
 */
export function locatorCompliance(name: string, makeWorld: MakeWorld): void {
  describe(`${name} keeps what a locator promises`, () => {
    describe('together', () => {
      let world: LocatorWorld
      before(async () => {
        world = await makeWorld(3)
        assert.equal(world.members.length, 3)
      })
      after(() => world.close())
      for (const { title, run } of complianceCases.shared) {
        test(title, async () => {
          for (const member of world.members) await member.share([])
          await run(world)
        })
      }
    })
    for (const { title, run } of complianceCases.alone) {
      test(title, async () => {
        const world = await makeWorld(3)
        try {
          await run(world)
        } finally {
          await world.close()
        }
      })
    }
  })
}
