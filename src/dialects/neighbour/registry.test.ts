import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Names, type Seat, seat, unseat } from './registry.ts'

/** Peers that come and go. */
class Registry {
  peers: Seat[] = []
  #nextId = 0

  login(): void {
    this.peers.push(seat(this.peers, this.#nextId++))
  }

  logout(id: number): void {
    this.peers = this.peers.filter((peer) => peer.id !== id)
    unseat(this.peers, id)
  }
}

/** Each peer's neighbour: `0-1 1-0` */
const shape = (registry: Registry) =>
  registry.peers.map(({ id, neighbour }) => `${id}-${neighbour ?? '?'}`).join(' ')

test('who is whose neighbour, step by step', () => {
  const registry = new Registry()
  const login = () => registry.login()
  const steps: [step: () => unknown, then: string][] = [
    [login, '0-?'],
    [login, '0-1 1-0'],
    [login, '0-1 1-0 2-1'],
    [login, '0-1 1-0 2-1 3-2'],
    [() => registry.logout(1), '0-3 2-3 3-2'],
    [() => registry.logout(3), '0-2 2-0'],
    [() => registry.logout(7), '0-2 2-0'],
    [() => registry.logout(2), '0-?'],
    [login, '0-4 4-0'],
    [() => registry.logout(0), '4-?'],
    [() => registry.logout(4), ''],
    [login, '5-?'],
  ]
  for (const [step, then] of steps) {
    step()
    assert.equal(shape(registry), then)
  }
})

test('everybody has somebody else for a neighbour as soon as there is somebody else', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(12), { nil: undefined })), (steps) => {
      const registry = new Registry()
      for (const leaver of steps) {
        if (leaver === undefined) registry.login()
        else registry.logout(leaver)
        const { peers } = registry
        for (const { id, neighbour } of peers) {
          if (peers.length === 1) assert.equal(neighbour, undefined)
          else assert.ok(neighbour !== id && peers.some(({ id }) => id === neighbour))
        }
      }
    }),
  )
})

test('names know who holds them, and what nobody holds is gone', () => {
  const names = new Names()
  for (const [name, holder] of [
    ['a', 1],
    ['b', 1],
    ['a', 2],
    ['a', 2],
    ['c', 'here'],
  ] as const)
    names.add(name, holder)
  assert.equal(names.holderOf('a'), 1)
  assert.deepEqual(names.drop(1), ['b'])
  assert.equal(names.holderOf('a'), 2)
  assert.deepEqual([names.list(), names.holderOf('b')], [['a', 'c'], undefined])
  assert.deepEqual(names.drop('here', ['a', 'zz']), [])
  assert.deepEqual(names.drop('here'), ['c'])
})
