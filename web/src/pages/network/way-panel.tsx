import { type FormEvent, useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { countOf, formatDuration } from '../../format.ts'
import { Button } from '../../ui/button.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { Name } from '../../ui/text.tsx'
import { stoppedText } from '../search/hits.ts'
import { queryOf } from '../search/query.ts'
import { useSearch } from '../search/use-search.ts'
import { isAddress, type SearchWay, type WayStep } from './search-way.ts'
import { UNNAMED, VIA_WORDS } from './words.ts'

interface Props {
  way: SearchWay | undefined
  nameOf: (peerId: string) => string
}

/** The way of the last search in words, and a field to search again. */
export function WayPanel({ way, nameOf }: Props) {
  const [text, setText] = useState<string>()
  const [entered, setEntered] = useState({ text: '', turn: 0 })
  const search = useSearch(entered.text, entered)
  const words = text ?? way?.words ?? ''
  const query = queryOf(words, { typing: false })

  function submit(event: FormEvent): void {
    event.preventDefault()
    setEntered(({ turn }) => ({ text: words, turn: turn + 1 }))
  }

  return (
    <section className="card way">
      <h2>The way of a search</h2>
      <form className="row" onSubmit={submit}>
        <label className="grow">
          <span className="unseen">Words, a SHA-256 or a CID</span>
          <input
            className="input"
            type="search"
            value={words}
            onChange={(event) => setText(event.target.value)}
            placeholder="Words to search for"
            maxLength={8192}
            autoComplete="off"
            spellCheck={false}
          />
        </label>
        <Button
          type="submit"
          icon="search"
          label={way && words === way.words ? 'Search again' : 'Search'}
          disabled={search.running || !query || query.kind === 'link'}
        />
      </form>
      <Fault error={search.error} />
      <div role="status">
        {search.running ? (
          <p className="soft">Searching …</p>
        ) : way ? (
          <p>
            <bdi className="name">“{shortened(printable(way.words))}”</bdi> found{' '}
            {countOf(way.hits, 'result')} in {formatDuration(way.ms)}:
          </p>
        ) : (
          <p className="soft">Search for something to see on the map who is asked, and who answers.</p>
        )}
      </div>
      {way && !search.running && (
        <>
          <ul className="plain way-steps">
            {way.steps.map((step) => (
              <li key={step.via}>
                <span className={`way-colour ${step.via}`} aria-hidden="true" />
                <Badge tone={step.via}>{step.via === 'library' ? 'here' : step.via}</Badge>
                <span className="small">
                  <StepText step={step} nameOf={nameOf} />
                  <span className="soft"> ({VIA_WORDS[step.via] ?? 'another way'})</span>
                </span>
              </li>
            ))}
          </ul>
          <p className="soft small way-note">
            On the map: a whole line is one link; a dashed one is more, or it was not told what lies between.
          </p>
        </>
      )}
    </section>
  )
}

/** Letters that are told of what was looked for. */
const MAX_LETTERS = 120

function shortened(text: string): string {
  const letters = [...text]
  return letters.length > MAX_LETTERS ? `${letters.slice(0, MAX_LETTERS).join('')}…` : text
}

/** Names that are told; the others are counted. */
const MAX_NAMES = 4

function StepText({ step, nameOf }: { step: WayStep; nameOf: (peerId: string) => string }) {
  const { via, report, through, hops } = step
  const { asked, hits, messages, stopped, error } = report
  if (error) return <span className="bad">failed: {printable(error.message)}</span>
  const isOwn = via === 'library' || (asked === 0 && hits > 0)
  const stop = stoppedText(stopped)
  return (
    <>
      {countOf(hits, 'result')}
      {isOwn
        ? via !== 'library' && ' out of what this node keeps itself'
        : ` after ${countOf(messages, 'message')}; asked ${countOf(asked, via === 'index' ? 'server' : 'peer')}`}
      {!isOwn && through.length > 0 && (
        <>
          {'; answers came through '}
          {through.slice(0, MAX_NAMES).map((each, index) => (
            <span key={each}>
              {index > 0 && ', '}
              <Name text={isAddress(each) ? each : nameOf(each) || UNNAMED} className="cut way-who" />
            </span>
          ))}
          {through.length > MAX_NAMES && ` and ${countOf(through.length - MAX_NAMES, 'other')}`}
        </>
      )}
      {!isOwn && hops !== undefined && hops > 0 && `, ${countOf(hops, 'hop')} away`}
      {stop && `; ${stop}`}
    </>
  )
}
