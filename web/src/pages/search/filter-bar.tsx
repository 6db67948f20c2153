import type { SearchHit } from '../../api/types.ts'
import { KIND_LABELS } from '../../kinds.ts'
import { type Filters, kindCounts, NO_FILTERS, SORTS, type Sort } from './hits.ts'

const MIB = 1024 * 1024
const SIZES: readonly { label: string; minSize: number; maxSize: number }[] = [
  { label: 'Any size', minSize: 0, maxSize: 0 },
  { label: 'Up to 1 MiB', minSize: 0, maxSize: MIB },
  { label: '1 to 100 MiB', minSize: MIB, maxSize: 100 * MIB },
  { label: '100 MiB to 1 GiB', minSize: 100 * MIB, maxSize: 1024 * MIB },
  { label: 'Over 1 GiB', minSize: 1024 * MIB, maxSize: 0 },
]
const HOLDERS = [0, 2, 3, 5, 10]

interface Props {
  filters: Filters
  sort: Sort
  hits: ReadonlyMap<string, SearchHit>
  onFilters: (filters: Filters) => void
  onSort: (sort: Sort) => void
}

/** Which results are shown, and in which order. */
export function FilterBar({ filters, sort, hits, onFilters, onSort }: Props) {
  const counts = kindCounts(hits.values())
  const size = SIZES.findIndex(
    ({ minSize, maxSize }) => minSize === filters.minSize && maxSize === filters.maxSize,
  )
  return (
    <div className="filters">
      <fieldset className="chips">
        <legend className="unseen">Type</legend>
        <button
          type="button"
          className="chip"
          aria-pressed={filters.kind === 'all'}
          onClick={() => onFilters({ ...filters, kind: 'all' })}
        >
          All
        </button>
        {counts.map(([kind, count]) => (
          <button
            key={kind}
            type="button"
            className="chip"
            aria-pressed={filters.kind === kind}
            onClick={() => onFilters({ ...filters, kind })}
          >
            {KIND_LABELS[kind]} {count.toLocaleString()}
          </button>
        ))}
      </fieldset>
      <div className="row">
        <label>
          <span className="unseen">Size</span>
          <select
            className="select"
            value={size}
            onChange={(event) => onFilters({ ...filters, ...bounds(Number(event.target.value)) })}
          >
            {SIZES.map(({ label }, index) => (
              <option key={label} value={index}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="unseen">Holders</span>
          <select
            className="select"
            value={filters.minHolders}
            onChange={(event) => onFilters({ ...filters, minHolders: Number(event.target.value) })}
          >
            {HOLDERS.map((least) => (
              <option key={least} value={least}>
                {least === 0 ? 'Any holders' : `${least} holders or more`}
              </option>
            ))}
          </select>
        </label>
        <label>
          <span className="unseen">Order</span>
          <select className="select" value={sort} onChange={(event) => onSort(event.target.value as Sort)}>
            {Object.entries(SORTS).map(([name, label]) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </select>
        </label>
        {filters !== NO_FILTERS && (
          <button type="button" className="button quiet" onClick={() => onFilters(NO_FILTERS)}>
            No filters
          </button>
        )}
      </div>
    </div>
  )
}

function bounds(index: number): Pick<Filters, 'minSize' | 'maxSize'> {
  const { minSize, maxSize } = SIZES[index] ?? SIZES[0]!
  return { minSize, maxSize }
}
