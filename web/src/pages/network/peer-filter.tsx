import type { Peer } from '../../api/types.ts'
import { NO_PEER_FILTERS, type PeerFilters } from './peer-rows.ts'
import { STATE_WORDS, zoneText } from './words.ts'

interface Props {
  filters: PeerFilters
  onFilters: (filters: PeerFilters) => void
}

/** Which peers the table shows. */
export function PeerFilter({ filters, onFilters }: Props) {
  return (
    <div className="row peer-filter">
      <label className="grow">
        <span className="unseen">Part of a name, PeerId or address</span>
        <input
          className="input"
          type="search"
          value={filters.words}
          placeholder="Name, PeerId or address"
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => onFilters({ ...filters, words: event.target.value })}
        />
      </label>
      <label>
        <span className="unseen">State</span>
        <select
          className="select"
          value={filters.state}
          onChange={(event) => onFilters({ ...filters, state: event.target.value as PeerFilters['state'] })}
        >
          <option value="all">Any state</option>
          {(Object.keys(STATE_WORDS) as Peer['state'][]).map((state) => (
            <option key={state} value={state}>
              {STATE_WORDS[state].word}
            </option>
          ))}
        </select>
      </label>
      <label className="switch">
        <input
          type="checkbox"
          checked={filters.neighbours}
          onChange={(event) => onFilters({ ...filters, neighbours: event.target.checked })}
        />
        Neighbours only
      </label>
      {filters.zone !== undefined && (
        <button
          type="button"
          className="chip"
          aria-pressed="true"
          onClick={() => onFilters({ ...filters, zone: NO_PEER_FILTERS.zone })}
        >
          Zone: {zoneText(filters.zone)} ✕
        </button>
      )}
    </div>
  )
}
