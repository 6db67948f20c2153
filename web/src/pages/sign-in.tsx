import { type FormEvent, useState } from 'react'
import { token } from '../state/token.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'

/** A page that was opened without the token may look at the node and not change it. */
export function SignIn() {
  const [open, setOpen] = useState(false)
  return (
    <>
      <Button label="Sign in" kind="main" onClick={() => setOpen(true)} />
      {open && <SignInDialog onClose={() => setOpen(false)} />}
    </>
  )
}

function SignInDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  function submit(event: FormEvent): void {
    event.preventDefault()
    // Whole addresses are pasted, too.
    const given = /#token=([A-Za-z0-9_-]+)/.exec(text)?.[1] ?? text
    if (token.set(given)) onClose()
    else setWrong(true)
  }
  return (
    <Dialog title="Sign in" onClose={onClose}>
      <p>
        This computer is shared with other programs, so the node wants to know that it is you before it
        shares, fetches or changes anything.
      </p>
      <ol className="steps">
        <li>
          In a terminal, run <code>shoal web</code> (in a checkout <code>npx shoal web</code>): it opens this
          page signed in.
        </li>
        <li>
          Or enter the token that <code>shoal web --print</code> shows; it is in the file{' '}
          <code>api.token</code> of the node’s data folder.
        </li>
      </ol>
      <form className="row" onSubmit={submit}>
        <label className="grow">
          <span className="unseen">Token</span>
          <input
            className="input"
            value={text}
            onChange={(event) => {
              setText(event.target.value)
              setWrong(false)
            }}
            placeholder="Token"
            autoComplete="off"
            spellCheck={false}
            aria-invalid={wrong}
            autoFocus
          />
        </label>
        <Button type="submit" label="Sign in" kind="main" />
      </form>
      {wrong && (
        <p className="notice bad" role="alert">
          This is no token: one has 43 letters, digits, - and _.
        </p>
      )}
    </Dialog>
  )
}
