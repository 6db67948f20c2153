import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createIdentity } from '../../link/identity.ts'
import { peerPosition } from './peers.ts'
import { compareDistance, positionOf } from './position.ts'
import { ProviderWalk, type WalkAnswer } from './provider-walk.ts'

const target = positionOf(Uint8Array.of(1))
/** Nearest first. */
const peers = Array.from({ length: 40 }, () => ({
  peerId: createIdentity().peerId,
  addresses: [] as string[],
})).sort((a, b) => compareDistance(target, peerPosition(a.peerId), peerPosition(b.peerId)))
const somebody = { peerId: createIdentity().peerId, addresses: [] }
const start = (from: number, to: number) =>
  new ProviderWalk({
    ...{ target, start: peers.slice(from, to), self: 'self', positionOf: peerPosition },
    ...{ width: 10, quorum: 4 },
  })
const nothing: WalkAnswer = { closer: [], providers: [] }

/** Goes on until the walk ends; who was asked, as numbers of `peers`. */
function go(walk: ProviderWalk, answer: (at: number) => typeof nothing | undefined): number[] {
  const asked: number[] = []
  for (let next = walk.next(); next; next = walk.next()) {
    const at = peers.indexOf(next as (typeof peers)[number])
    asked.push(at)
    const told = answer(at)
    if (told) walk.answered(next.peerId, told)
    else walk.failed(next.peerId)
  }
  return asked
}

test('what nobody has is asked of the ten nearest, nearest first', () => {
  assert.deepEqual(
    go(start(0, 20), () => nothing),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  )
})

test('who does not answer is made up for by the next', () => {
  const asked = go(start(0, 20), (at) => (at % 2 === 0 ? nothing : undefined))
  assert.deepEqual(
    asked,
    Array.from({ length: 19 }, (_, at) => at),
  )
})

test('closer peers are followed to', () => {
  const asked = go(start(30, 33), (at) => ({
    ...nothing,
    closer: at >= 30 ? peers.slice(10, 15) : peers.slice(0, 10),
  }))
  assert.deepEqual(asked.slice(0, 2), [30, 10])
  assert.deepEqual(asked.slice(2), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

test('it ends when four have told and the last two told nothing new', () => {
  assert.deepEqual(
    go(start(0, 20), () => ({ ...nothing, providers: [somebody] })),
    [0, 1, 2, 3],
  )
})

test('a liar with many names does not end it', () => {
  const lies = Array.from({ length: 30 }, () => ({ peerId: createIdentity().peerId, addresses: [] }))
  const walk = start(0, 20)
  const first = walk.next()!
  assert.equal(walk.answered(first.peerId, { closer: [], providers: lies }).length, 30)
  const second = walk.next()!
  assert.deepEqual(walk.answered(second.peerId, { closer: [], providers: [somebody] }), [somebody])
  assert.ok(walk.next())
})

test('this node is never asked, and a provider comes once', () => {
  const own = { peerId: 'self', addresses: [] }
  const walk = start(0, 1)
  walk.answered(walk.next()!.peerId, { closer: [own], providers: [somebody, somebody] })
  assert.equal(walk.next(), undefined)
  assert.equal(walk.answers, 1)
})
