import { useState } from 'react'
import { Link } from 'wouter'
import { ask } from '../../api/client.ts'
import type { Wish, WishHit } from '../../api/types.ts'
import { countOf, formatAgo, formatBytes } from '../../format.ts'
import { KIND_ICONS, kindOf, previewOf } from '../../kinds.ts'
import { getFile } from '../../state/get.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { PreviewDialog } from '../../ui/preview.tsx'
import { Name } from '../../ui/text.tsx'
import { heldBackText, nextText } from './wish-text.ts'

/** One wish: its words, when they are searched for, and what was found. */
export function WishCard({ wish, onChanged }: { wish: Wish; onChanged: () => void }) {
  const { id, words, fetch, newHits, hits, lastSearchedMs } = wish
  const path = `/api/v1/wishes/${encodeURIComponent(id)}`
  const act = useAction(async (method: 'PATCH' | 'DELETE' | 'POST', json?: object) => {
    await ask(method === 'POST' ? `${path}/search` : path, { method, ...(json && { json }) })
    onChanged()
  })
  return (
    <article className="card">
      <header className="wish-head">
        <h2>
          <Name text={words} /> {newHits > 0 && <Badge tone="good">{countOf(newHits, 'new', 'new')}</Badge>}
        </h2>
        <div className="row">
          {newHits > 0 && (
            <Button
              icon="check"
              label="Seen"
              disabled={act.busy}
              onClick={() => act.run('PATCH', { seen: true })}
            />
          )}
          <Button icon="search" label="Look now" disabled={act.busy} onClick={() => act.run('POST')} />
          <Button
            icon="bin"
            label="Remove the wish"
            kind="quiet"
            compact
            disabled={act.busy}
            onClick={() => act.run('DELETE')}
          />
        </div>
      </header>
      <p className="row soft small">
        <label className="switch">
          <input
            type="checkbox"
            checked={fetch}
            disabled={act.busy}
            onChange={(event) => act.run('PATCH', { fetch: event.target.checked })}
          />
          Fetch what is new
        </label>
        <span>
          {lastSearchedMs === undefined ? 'Not searched yet' : `Searched ${formatAgo(lastSearchedMs)}`}
        </span>
        <span>{nextText(wish)}</span>
        <Link href={`/?q=${encodeURIComponent(words)}`}>Search for it</Link>
      </p>
      <Fault error={act.error} onClose={act.clear} />
      {hits.length === 0 ? (
        <p className="soft">
          {lastSearchedMs === undefined ? 'It is searched for in a moment.' : 'Nobody has it yet.'}
        </p>
      ) : (
        <ul className="plain">
          {hits.map((hit) => (
            <HitLine key={hit.cid} hit={hit} />
          ))}
        </ul>
      )}
    </article>
  )
}

function HitLine({ hit }: { hit: WishHit }) {
  const [isShown, setShown] = useState(false)
  const get = useAction(async () => void (await getFile(hit.cid, hit.name)))
  const held = heldBackText(hit.heldBack)
  return (
    <li className="wish-hit">
      <Icon name={KIND_ICONS[kindOf(hit)]} />
      <div className="wish-hit-text">
        <Name text={hit.name} className="cut" />
        <span className="soft small">
          {formatBytes(hit.size)}, {countOf(hit.providers, 'holder')}, found {formatAgo(hit.foundMs)}
          {held && `. Not fetched: ${held}`}
        </span>
        <Fault error={get.error} onClose={get.clear} />
      </div>
      {hit.isNew && <Badge tone="good">new</Badge>}
      {previewOf(hit) && (
        <Button icon="eye" label="Look at it" kind="quiet" compact onClick={() => setShown(true)} />
      )}
      {hit.downloadId === undefined ? (
        <Button icon="get" label="Get" disabled={get.busy} onClick={() => get.run()} />
      ) : (
        <Link href="/transfers" className="button">
          Fetched
        </Link>
      )}
      {isShown && <PreviewDialog file={hit} onClose={() => setShown(false)} />}
    </li>
  )
}
