import { type FormEvent, useId, useState } from 'react'
import { ask } from '../api/client.ts'
import type { Replica } from '../api/types.ts'
import { countOf } from '../format.ts'
import { say } from '../state/toasts.ts'
import { useAction } from '../state/use.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Fault } from './notice.tsx'
import { Name } from './text.tsx'

/** Most that a node takes. */
const [MAX_COPIES, MAX_DAYS] = [20, 3650]

/** Asks how many copies peers are to keep of something shared, and for how long. */
export function KeepDialog({
  name,
  target,
  onClose,
}: {
  name: string
  target: { cid: string } | { path: string }
  onClose: () => void
}) {
  const [copies, setCopies] = useState('3')
  const [days, setDays] = useState('30')
  const keep = useAction(async () => {
    const json = { ...target, replicas: Number(copies), days: Number(days) }
    const { wanted } = await ask<Replica>('/api/v1/replicas', { method: 'POST', json })
    say(`Peers are asked for ${countOf(wanted, 'copy', 'copies')}.`, {
      link: { to: '/copies', label: 'Show' },
    })
    onClose()
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    keep.run()
  }
  return (
    <Dialog title="Keep copies with peers" onClose={onClose}>
      <form onSubmit={submit}>
        <p>
          Other peers keep copies of <Name text={name} />, so that it is there while this computer is off.
          Anybody who has them may pass them on, as with all that you share.
        </p>
        <NumberField label="How many copies" value={copies} most={MAX_COPIES} onChange={setCopies} />
        <NumberField label="For how many days" value={days} most={MAX_DAYS} onChange={setDays} />
        <Fault error={keep.error} />
        <p className="row dialog-foot">
          <Button type="submit" label="Keep copies" kind="main" disabled={keep.busy} />
          <Button label="Cancel" onClick={onClose} />
        </p>
      </form>
    </Dialog>
  )
}

interface FieldProps {
  label: string
  value: string
  most: number
  onChange: (value: string) => void
}

function NumberField({ label, value, most, onChange }: FieldProps) {
  const id = useId()
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <input
        id={id}
        className="input"
        type="number"
        min={1}
        max={most}
        step={1}
        required
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  )
}
