import { useMemo, useState } from 'react'
import type { Download, Uploads as UploadsAnswer } from '../../api/types.ts'
import { formatRate } from '../../format.ts'
import { downloads } from '../../state/downloads.ts'
import { useAsk, useStore } from '../../state/use.ts'
import { useQuery } from '../../state/use-query.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { DownloadList } from './download-list.tsx'
import { History } from './history.tsx'
import { Limits } from './limits.tsx'
import { rateOf } from './lists.ts'
import { Uploads } from './uploads.tsx'
import { isEnded } from './words.ts'
import './transfers.css'

const NOTHING: ReadonlyMap<string, Download> = new Map()

/** What is fetched, what others fetch from here, and what was fetched before. */
export default function TransfersPage() {
  const [params] = useQuery()
  const known = useStore(downloads)
  const all = known ?? NOTHING
  const uploads = useAsk<UploadsAnswer>('/api/v1/uploads', { everyMs: 1000 })
  const [limits, setLimits] = useState(false)
  const ended = useMemo(() => [...all.values()].filter(isEnded).length, [all])
  const show = params.get('show') ?? 'downloads'
  const { active = [], queued = [] } = uploads.data ?? {}
  return (
    <>
      <header className="page-head">
        <h1>Transfers</h1>
        <p className="rates">
          <span title="All downloads together">
            <Icon name="down" size={16} /> <span className="unseen">Downloads: </span>
            {formatRate(rateOf(all.values()))}
          </span>
          <span title="All uploads together">
            <Icon name="up" size={16} /> <span className="unseen">Uploads: </span>
            {formatRate(rateOf(active))}
          </span>
          <Button
            icon="settings"
            label="Limits"
            kind="quiet"
            aria-expanded={limits}
            onClick={() => setLimits((open) => !open)}
          />
        </p>
      </header>
      {limits && <Limits />}
      <Tabs
        label="Transfers"
        here={show}
        tabs={[
          { id: 'downloads', to: '/transfers', label: 'Downloads', count: all.size - ended },
          {
            id: 'uploads',
            to: '/transfers?show=uploads',
            label: 'Uploads',
            count: active.length + queued.length,
          },
          { id: 'history', to: '/transfers?show=history', label: 'History', count: ended },
        ]}
      />
      {show === 'uploads' ? (
        <Uploads uploads={uploads} />
      ) : show === 'history' ? (
        <History all={all} />
      ) : (
        known && <DownloadList all={all} />
      )}
    </>
  )
}
