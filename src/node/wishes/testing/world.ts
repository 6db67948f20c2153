import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { DownloadView, NodeEvent, SearchEvent } from '../../../api/node-port.ts'
import { entryOf, viewOf } from '../../../api/testing/fake-node.ts'
import { ManualClock } from '../../../base/clock.ts'
import { ShoalError } from '../../../base/errors.ts'
import { Emitter } from '../../../base/events.ts'
import { silentLogger } from '../../../base/log.ts'
import { seededRandom } from '../../../base/random.ts'
import type { SharedEntry } from '../../../content/entry.ts'
import { openStateDatabase } from '../../../storage/state-database.ts'
import { Wishes } from '../wishes.ts'

/** The answers of a search for words; may throw. */
export type Answer = (words: string, signal: AbortSignal) => Promise<readonly SharedEntry[]>

/** A wish list with a network, downloads and a clock that a test moves. */
export function newWorld(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-wish-list-'))
  const state = openStateDatabase(join(folder, 'state.db'), { log: silentLogger })
  const clock = new ManualClock()
  const random = seededRandom(1)
  const events = new Emitter<NodeEvent>()
  const changes = new Emitter<DownloadView>()
  const downloads = new Map<string, DownloadView>()
  const world = {
    clock,
    changes,
    downloads,
    store: state.wishes,
    /** Words that were searched for, with the time. */
    searched: [] as { words: string; atMs: number }[],
    told: [] as unknown[],
    /** Options with which downloads were started, by CID. */
    started: [] as { cid: string; name: unknown; priority: unknown }[],
    cancelled: [] as string[],
    shared: new Set<string>(),
    hasPeers: true,
    settings: { intervalMs: 600_000, maxFetches: 10, maxBytes: 1000 },
    answer: (async () => []) as Answer,
    /** Why downloads do not start. */
    failure: undefined as Error | undefined,
    wishes: undefined as unknown as Wishes,
    restart,
  }
  events.on(({ type, data }) => type === 'wish' && world.told.push(data))

  async function* search(words: string, signal: AbortSignal): AsyncGenerator<SearchEvent> {
    world.searched.push({ words, atMs: clock.now() })
    const report = { hits: 0, messages: 0, ms: 1, asked: 1, bytes: 1 }
    try {
      for (const entry of await world.answer(words, signal)) {
        const providers = [{ peerId: 'p', name: 'peer', addresses: [] }]
        yield { type: 'hit', entry, providers, via: ['zone'] }
      }
      yield { type: 'done', hits: 0, ms: 1, reason: 'complete', via: { zone: report } }
    } catch (error) {
      const { code, message } = error as ShoalError
      const reason = signal.aborted ? 'cancelled' : 'complete'
      yield { type: 'done', hits: 0, ms: 1, reason, via: { zone: { ...report, error: { code, message } } } }
    }
  }

  function newWishes(): Wishes {
    return new Wishes({
      ...{ store: state.wishes, events, changes, clock, random, log: silentLogger },
      search: ({ words = '' }, signal) => search(words, signal),
      isShared: (cid) => world.shared.has(cid),
      hasPeers: () => world.hasPeers,
      settings: () => world.settings,
      downloads: {
        async start(target, { priority }) {
          if (world.failure) throw world.failure
          if (target.kind !== 'cid') throw new ShoalError('INTERNAL')
          world.started.push({ cid: target.cid, name: target.name, priority })
          const view = { ...viewOf(`d-${target.cid}`, 'queued'), cid: target.cid, sizeBytes: 0 }
          downloads.set(view.id, view)
          return { view, created: true }
        },
        async cancel(id) {
          world.cancelled.push(id)
          const view: DownloadView = { ...downloads.get(id)!, state: 'cancelled' }
          downloads.set(id, view)
          changes.emit(view)
          return view
        },
        list: () => [...downloads.values()],
        get: (id) => downloads.get(id),
      },
    })
  }

  /** As the node does. */
  async function restart(): Promise<void> {
    await world.wishes.stop()
    world.wishes = newWishes()
    world.wishes.start()
  }

  world.wishes = newWishes()
  world.wishes.start()
  t.after(async () => {
    await world.wishes.stop()
    state.close()
    rmSync(folder, { recursive: true })
  })
  return world
}

/** Answers with files of these names, which are their CIDs too. */
export const files =
  (...names: string[]): Answer =>
  async () =>
    names.map((name) => ({ ...entryOf(name, name), path: name }))

export const MINUTE = 60_000
