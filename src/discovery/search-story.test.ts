import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CompoundLocator, SearchStory } from './compound.ts'
import { noteRoute } from './locator.ts'
import { hit, peer, scriptedCompound as setUp, untilAborted } from './testing/scripted-locator.ts'
import { fileEntry } from './testing/shared-set.ts'

const query = { words: 'x', limit: 100 }

function storiesOf(compound: CompoundLocator): SearchStory[] {
  const stories: SearchStory[] = []
  compound.searched.on((story) => stories.push(story))
  return stories
}

describe('the story of a search', () => {
  test('says what the caller asked and was told, and who answered', async () => {
    const { compound, index, zone } = setUp([fileEntry('own')])
    index.search_ = async function* ({ cost }) {
      noteRoute(cost, 'A', { through: 'h:1' })
      yield hit(fileEntry('a'), peer('A'))
    }
    zone.search_ = async function* ({ cost }) {
      cost.queryIds.push('id 1', 'id 2')
      noteRoute(cost, 'A', { hops: 2, through: 'N' })
      yield hit(fileEntry('a'), peer('A'))
    }
    const stories = storiesOf(compound)
    const events = await Array.fromAsync(compound.search(query))
    const done = events.at(-1)!
    assert.ok(done.type === 'done')
    const { type: _, ...told } = done
    assert.equal(stories.length, 1)
    const { responders, queryIds, query: asked, ...rest } = stories[0]!
    assert.deepEqual(rest, told)
    assert.equal(asked.words, 'x')
    assert.deepEqual(queryIds, ['id 1', 'id 2'])
    assert.deepEqual(
      responders.map(({ via, ...each }) => ({ ...each, via: via.toSorted() })),
      [{ peerId: 'A', name: '', hits: 1, hops: 2, through: 'N', via: ['index', 'zone'] }],
    )
  })

  test('is told of a search whose caller leaves, too', async () => {
    const { compound, index } = setUp()
    index.search_ = async function* ({ signal }) {
      yield hit(fileEntry('a'), peer('A'))
      await untilAborted(signal)
    }
    const stories = storiesOf(compound)
    for await (const _ of compound.search(query)) break
    assert.deepEqual(
      stories.map(({ hits, reason, responders }) => ({ hits, reason, peers: responders.length })),
      [{ hits: 1, reason: 'cancelled', peers: 1 }],
    )
  })

  test('is not told of what nobody read, or could not be asked', () => {
    const { compound } = setUp()
    const stories = storiesOf(compound)
    compound.search(query)
    assert.throws(() => compound.search({ limit: 1 }))
    assert.deepEqual(stories, [])
  })
})
