import { useState } from 'react'
import { Button } from './button.tsx'

/** Puts `text` on the clipboard. Where the browser does not allow it, it says so. */
export function Copy({ text, label = 'Copy' }: { text: string; label?: string }) {
  const [said, setSaid] = useState('')
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text)
      setSaid('Copied')
    } catch {
      setSaid('Not allowed here: select and copy it')
    }
    setTimeout(() => setSaid(''), 2000)
  }
  return (
    <span className="copy">
      <Button icon="copy" label={said || label} onClick={copy} />
      <span className="unseen" role="status">
        {said}
      </span>
    </span>
  )
}
