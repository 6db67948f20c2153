import type { HitEvent, SearchDone } from '../../client/rest.ts'
import { describeHit } from '../../commands/search-hits.ts'
import { notEmpty } from '../asker.ts'
import type { MenuEntry } from '../context.ts'

export const search: MenuEntry = {
  label: 'Search',
  hint: 'by words of the name, then pick what to download',
  async run({ ask, run, print }) {
    const words = await ask.text('Which words?', { placeholder: 'holiday photos', check: notEmpty })
    if (words === undefined) return
    const hits = new Map<string, HitEvent>()
    print.live(() => 'searching …')
    const { rows } = await run.rows<HitEvent | SearchDone>(['search'], [words], (row) => {
      if (row.event !== 'hit') return
      // The newest line of a CID holds all that is known of it.
      hits.set(row.cid, row)
      print.live(() => `searching … ${hits.size} found`)
    })
    print.clearLive()
    if (hits.size === 0) {
      if (rows.length > 0) print.note('Nothing was found.', 'yellow')
      return
    }
    const choices = [...hits.values()].map((hit) => ({
      value: hit.cid,
      label: hit.name,
      hint: describeHit(hit),
    }))
    const found = hits.size === 1 ? '1 found.' : `${hits.size} found.`
    const picked = await ask.pick(`${found} Download which?`, choices)
    for (const cid of picked ?? []) {
      await run.command(['get'], [cid])
      if (run.wasInterrupted) return
    }
  },
}
