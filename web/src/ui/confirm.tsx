import type { ReactNode } from 'react'
import { useAction } from '../state/use.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Fault } from './notice.tsx'

interface Props {
  title: ReactNode
  /** What the button says that does it. */
  label: string
  /** Closes itself when it is done; what it throws is shown. */
  act: () => Promise<unknown>
  onClose: () => void
  /** What will happen. */
  children: ReactNode
}

/** Asks before something is done that cannot be taken back. */
export function Confirm({ title, label, act, onClose, children }: Props) {
  const action = useAction(async () => {
    await act()
    onClose()
  })
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      <Fault error={action.error} />
      <p className="row dialog-foot">
        <Button label={label} kind="danger" disabled={action.busy} onClick={() => action.run()} />
        <Button label="Keep it" onClick={onClose} autoFocus />
      </p>
    </Dialog>
  )
}
