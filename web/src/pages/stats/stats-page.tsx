import type { Stats } from '../../api/types.ts'
import { useAsk } from '../../state/use.ts'
import { Fault } from '../../ui/notice.tsx'
import { AsJson } from './as-json.tsx'
import { Heartbeats } from './heartbeats.tsx'
import { Plots } from './plots.tsx'
import { QueryLog } from './query-log.tsx'
import { SearchLog } from './search-log.tsx'
import { Totals } from './totals.tsx'
import './stats.css'

/** What the node did and does, over time. */
export default function StatsPage() {
  const { data, error } = useAsk<Stats>('/api/v1/stats', { everyMs: 5000 })
  return (
    <>
      <h1>Statistics</h1>
      <Fault error={error} />
      {data && (
        <>
          <Totals stats={data} />
          <Plots series={data.series} />
        </>
      )}
      <SearchLog />
      <QueryLog />
      <Heartbeats />
      <AsJson />
    </>
  )
}
