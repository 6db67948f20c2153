import { type FormEvent, useDeferredValue, useEffect, useMemo, useRef, useState } from 'react'
import { Link, useLocation } from 'wouter'
import { countOf } from '../../format.ts'
import { useQuery } from '../../state/use-query.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Empty, Fault } from '../../ui/notice.tsx'
import { Costs } from './costs.tsx'
import { FilterBar } from './filter-bar.tsx'
import { HitList } from './hit-list.tsx'
import { type Filters, NO_FILTERS, type Sort, shownHits } from './hits.ts'
import { queryOf } from './query.ts'
import { SaveWish } from './save-wish.tsx'
import { useSearch } from './use-search.ts'
import './search.css'

/** Words in, results out; the words stand in the address, so that a search can be reloaded and kept as a bookmark. */
export function SearchPage() {
  const [params, setParams] = useQuery()
  const [, go] = useLocation()
  const [text, setText] = useState(params.get('q') ?? '')
  const [entered, setEntered] = useState({ text, turn: 0 })
  const [filters, setFilters] = useState<Filters>(NO_FILTERS)
  const [sort, setSort] = useState<Sort>('best')
  const input = useRef<HTMLInputElement>(null)
  const search = useSearch(text, entered)
  const hits = useDeferredValue(search.hits)
  const shown = useMemo(() => shownHits(hits.values(), filters, sort), [hits, filters, sort])
  const link = queryOf(text, { typing: false })

  useEffect(() => {
    const timer = setTimeout(() => setParams(text ? { q: text } : {}, { replace: true }), 400)
    return () => clearTimeout(timer)
  }, [text, setParams])
  useEffect(() => focusOnSlash(input), [])

  function submit(event: FormEvent): void {
    event.preventDefault()
    if (link?.kind === 'link') go(`/open?link=${encodeURIComponent(link.link)}`)
    else setEntered(({ turn }) => ({ text, turn: turn + 1 }))
  }

  return (
    <>
      <h1 className="unseen">Search</h1>
      <search>
        <form className="search-form" onSubmit={submit}>
          <Icon name="search" />
          <label className="unseen" htmlFor="q">
            Words, a SHA-256, a CID or a link
          </label>
          <input
            id="q"
            ref={input}
            className="search-input"
            type="search"
            value={text}
            onChange={(event) => setText(event.target.value)}
            placeholder="Search by words, SHA-256, CID or link"
            autoComplete="off"
            spellCheck={false}
            maxLength={8192}
            // biome-ignore lint/a11y/noAutofocus: the page is for this
            autoFocus
          />
          <Button type="submit" kind="main" label={link?.kind === 'link' ? 'Open' : 'Search'} />
        </form>
      </search>
      <Fault error={search.error} />
      {search.query ? (
        <>
          <FilterBar {...{ filters, sort, hits }} onFilters={setFilters} onSort={setSort} />
          <p className="found soft small" role="status">
            {search.isOld ? 'Searching …' : foundText(search.hits.size, shown.length, search.running)}
            {search.query.kind === 'words' && <SaveWish words={text.trim()} />}
          </p>
          <HitList hits={shown} isOld={search.isOld} />
          {!search.running && search.hits.size === 0 && !search.error && (
            <Empty title="Nobody who answered has this.">
              <p>Try fewer words, or save them to the wish list: you are told when somebody shares it.</p>
            </Empty>
          )}
          {search.done && <Costs done={search.done} />}
        </>
      ) : link?.kind === 'link' ? (
        <Empty title="This is a link.">
          <p>
            <Link href={`/open?link=${encodeURIComponent(link.link)}`}>Open it</Link> to see what it leads to,
            and to get it.
          </p>
        </Empty>
      ) : (
        <Welcome />
      )}
    </>
  )
}

function Welcome() {
  return (
    <Empty title="What are you looking for?">
      <p>
        Results come from this computer and from everybody in the network, as you type. To give something
        yourself, <Link href="/library">share a folder</Link>.
      </p>
    </Empty>
  )
}

function foundText(all: number, shown: number, running: boolean): string {
  const found = countOf(all, 'result')
  const hidden = all === shown ? '' : `, ${countOf(all - shown, 'hidden by filters', 'hidden by filters')}`
  return running ? `${all === 0 ? 'Searching' : `${found}${hidden}`} …` : `${found}${hidden}`
}

/** `/` goes to the words, as in many pages; not while something is written elsewhere. */
function focusOnSlash(input: { current: HTMLInputElement | null }): () => void {
  const onKey = (event: KeyboardEvent) => {
    const { target } = event
    const isWriting = target instanceof HTMLElement && /^(input|textarea|select)$/i.test(target.tagName)
    if (event.key !== '/' || isWriting || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    input.current?.select()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}
