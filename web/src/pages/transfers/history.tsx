import { useDeferredValue, useMemo, useState } from 'react'
import type { Download } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { clearDownloads } from '../../state/forget-download.ts'
import { Button } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Empty } from '../../ui/notice.tsx'
import { VirtualList } from '../../ui/virtual-list.tsx'
import { HistoryRow } from './history-row.tsx'
import { HISTORY_STATES, type HistoryState, historyOf } from './lists.ts'

/** Height of a row before it is measured, px. */
const ROW_PX = 76

const keyOf = ({ id }: Download) => id

/** Downloads that have ended. */
export function History({ all }: { all: ReadonlyMap<string, Download> }) {
  const [state, setState] = useState<HistoryState>('all')
  const [words, setWords] = useState('')
  const [clearing, setClearing] = useState(false)
  const wanted = useDeferredValue(words)
  const shown = useMemo(() => historyOf(all.values(), state, wanted), [all, state, wanted])
  const cleared = useMemo(() => historyOf(all.values(), state, ''), [all, state])
  return (
    <>
      <div className="row history-bar">
        <fieldset className="chips">
          <legend className="unseen">Which</legend>
          {Object.entries(HISTORY_STATES).map(([id, label]) => (
            <button
              key={id}
              type="button"
              className="chip"
              aria-pressed={id === state}
              onClick={() => setState(id as HistoryState)}
            >
              {label}
            </button>
          ))}
        </fieldset>
        <label className="grow">
          <span className="unseen">Words of the name</span>
          <input
            className="input"
            type="search"
            placeholder="Filter by name"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </label>
        <Button
          icon="bin"
          label={state === 'all' ? 'Clear all' : `Clear ${HISTORY_STATES[state].toLowerCase()} ones`}
          disabled={cleared.length === 0}
          onClick={() => setClearing(true)}
        />
      </div>
      {shown.length === 0 ? (
        <Empty title={wanted === '' ? 'No download has ended yet.' : 'No download has these words.'} />
      ) : (
        <VirtualList items={shown} keyOf={keyOf} rowPx={ROW_PX} label="History">
          {(view) => <HistoryRow view={view} />}
        </VirtualList>
      )}
      {clearing && (
        <Confirm
          title={`Take ${countOf(cleared.length, 'download')} off the list?`}
          label="Clear"
          onClose={() => setClearing(false)}
          act={() => clearDownloads(state === 'all' ? ['done', 'failed', 'cancelled'] : [state])}
        >
          <p>No finished file is deleted. What failed ones have so far is.</p>
        </Confirm>
      )}
    </>
  )
}
