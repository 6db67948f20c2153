import { type FormEvent, useState } from 'react'
import { ask } from '../../api/client.ts'
import type { Wish, WishList } from '../../api/types.ts'
import { countOf } from '../../format.ts'
import { useAction, useAsk, useSignedIn } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Fault } from '../../ui/notice.tsx'
import { SignIn } from '../sign-in.tsx'
import { WishCard } from './wish-card.tsx'
import './wishes.css'

/** Words that the node searches for now and then, and what it found. */
export default function WishesPage() {
  const signedIn = useSignedIn()
  const { data, error, refresh } = useAsk<WishList>('/api/v1/wishes', {
    everyMs: 15_000,
    on: ['wish', 'download'],
    off: !signedIn,
  })
  const wishes = data?.wishes ?? []
  const news = wishes.reduce((sum, { newHits }) => sum + newHits, 0)
  return (
    <>
      <h1>Wish list</h1>
      <p className="soft">
        The node searches for these words now and then. What somebody shares later is told here, and fetched
        if you wish.
      </p>
      {signedIn ? (
        <AddWish onAdded={refresh} />
      ) : (
        <Empty title="What you wish for is nobody else’s business.">
          <SignIn />
        </Empty>
      )}
      <Fault error={signedIn ? error : undefined} />
      <p className="unseen" role="status">
        {news > 0 && `${countOf(news, 'new result')}`}
      </p>
      {data && wishes.length === 0 && (
        <Empty title="Nothing is wished for yet.">
          <p>Enter words above, or save a search.</p>
        </Empty>
      )}
      {wishes.map((wish: Wish) => (
        <WishCard key={wish.id} wish={wish} onChanged={refresh} />
      ))}
    </>
  )
}

function AddWish({ onAdded }: { onAdded: () => void }) {
  const [words, setWords] = useState('')
  const [fetches, setFetches] = useState(false)
  const add = useAction(async () => {
    await ask<Wish>('/api/v1/wishes', { method: 'POST', json: { words, fetch: fetches } })
    setWords('')
    onAdded()
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    if (words.trim() !== '') add.run()
  }
  return (
    <form className="card" onSubmit={submit}>
      <div className="row">
        <label className="grow">
          <span className="unseen">Words</span>
          <input
            className="input"
            value={words}
            onChange={(event) => setWords(event.target.value)}
            placeholder="Words to look out for"
            maxLength={512}
          />
        </label>
        <label className="switch">
          <input type="checkbox" checked={fetches} onChange={(event) => setFetches(event.target.checked)} />
          Fetch what is new
        </label>
        <Button
          type="submit"
          icon="plus"
          label="Add"
          kind="main"
          disabled={add.busy || words.trim() === ''}
        />
      </div>
      <Fault error={add.error} onClose={add.clear} />
    </form>
  )
}
