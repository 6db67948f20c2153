import { useState } from 'react'
import { ask } from '../../api/client.ts'
import type { ConfigChanged } from '../../api/types.ts'
import { say } from '../../state/toasts.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Badge, Fault } from '../../ui/notice.tsx'
import { FieldInput } from './field-input.tsx'
import { type Field, readValue, shownValue } from './fields.ts'

const FIXED: Readonly<Record<string, string>> = {
  flag: 'Set by a flag when the node started; change it there.',
  env: 'Set by an environment variable; change it there.',
}

/** One setting: what it is, what it does, and saving it. */
export function SettingRow({ field, onSaved }: { field: Field; onSaved: () => void }) {
  const { key, label, description, input, value, source, restart, preset } = field
  const now = shownValue(input, value)
  const [text, setText] = useState<string>()
  const fixed = FIXED[source]
  const id = `setting-${key}`
  const save = useAction(async (to: unknown) => {
    const { restartNeeded } = await ask<ConfigChanged>('/api/v1/config', {
      method: 'PATCH',
      json: { [key]: to },
    })
    say(restartNeeded.length > 0 ? `${label}: saved, in force after the next start.` : `${label}: saved.`)
    setText(undefined)
    onSaved()
  })
  const isChanged = text !== undefined && text !== now
  return (
    <form
      className="setting"
      onSubmit={(event) => {
        event.preventDefault()
        save.run(readValue(input, text ?? now))
      }}
    >
      <div className="setting-head">
        <label htmlFor={id}>{label}</label>
        {restart && <Badge>at the next start</Badge>}
        {source === 'file' && <Badge tone="good">changed</Badge>}
      </div>
      <div className="setting-input">
        <FieldInput
          {...{ field, id }}
          text={text ?? now}
          disabled={fixed !== undefined || save.busy}
          onText={setText}
        />
        {isChanged && <Button type="submit" label="Save" kind="main" disabled={save.busy} />}
        {isChanged && <Button label="Undo" kind="quiet" onClick={() => setText(undefined)} />}
        {!isChanged && source === 'file' && (
          <Button
            label="Default"
            title={`Back to ${shownValue(input, preset) || 'nothing'}`}
            kind="quiet"
            disabled={save.busy}
            onClick={() => save.run(null)}
          />
        )}
      </div>
      <p id={`${id}-about`} className="soft small setting-about">
        {fixed ?? description.replaceAll('`', '')}
      </p>
      <Fault error={save.error} onClose={save.clear} />
    </form>
  )
}
