import { type FormEvent, useState } from 'react'
import { ask } from '../../api/client.ts'
import type { Config } from '../../api/types.ts'
import { say } from '../../state/toasts.ts'
import { useAction, useAsk, useSignedIn } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { LAN_LIMITS, LIMIT_LABELS, type LimitName, limitOf, limitText, MAIN_LIMITS } from './limits.ts'

/** How fast transfers may be; what is set here holds at once. */
export function Limits() {
  const signedIn = useSignedIn()
  const { data, error } = useAsk<Config>('/api/v1/config', { on: ['config'], off: !signedIn })
  if (!signedIn) return <p className="notice">Sign in to see and set limits: settings are the owner’s.</p>
  if (!data) return <Fault error={error} />
  // A form of its own for each answer: what was changed elsewhere is shown.
  return <LimitsForm key={JSON.stringify(numbersOf(data))} data={data} />
}

const ALL = [...MAIN_LIMITS, ...LAN_LIMITS]

const numbersOf = ({ config }: Config) => [
  ...ALL.map((name) => Number(config[name] ?? 0)),
  config.limitsIncludeLan === true,
]

function LimitsForm({ data: { config, sources } }: { data: Config }) {
  const [texts, setTexts] = useState<Partial<Record<LimitName, string>>>({})
  const [lan, setLan] = useState(config.limitsIncludeLan === true)
  const save = useAction(async () => {
    const changes: Record<string, unknown> = {}
    for (const [name, text] of Object.entries(texts)) changes[name] = limitOf(text)
    if (lan !== (config.limitsIncludeLan === true)) changes.limitsIncludeLan = lan
    if (Object.keys(changes).length > 0) await ask('/api/v1/config', { method: 'PATCH', json: changes })
    say('The limits hold now.')
  })
  function submit(event: FormEvent): void {
    event.preventDefault()
    void save.run()
  }
  const field = (name: LimitName) => {
    const isFixed = sources[name] === 'flag' || sources[name] === 'env'
    return (
      <label key={name} className="field">
        <span className="label">{LIMIT_LABELS[name]}</span>
        <input
          className="input"
          value={texts[name] ?? limitText(Number(config[name] ?? 0))}
          placeholder="no limit"
          disabled={isFixed}
          onChange={(event) => setTexts({ ...texts, [name]: event.target.value })}
        />
        {isFixed && <span className="soft small">Set where the node was started.</span>}
      </label>
    )
  }
  return (
    <form className="card" onSubmit={submit}>
      <div className="limits">{MAIN_LIMITS.map(field)}</div>
      <details>
        <summary className="small">Local network</summary>
        <div className="limits">{LAN_LIMITS.map(field)}</div>
        <label className="switch">
          <input type="checkbox" checked={lan} onChange={(event) => setLan(event.target.checked)} />
          <span>Peers in the local network count for the limits above, too</span>
        </label>
      </details>
      <p className="soft small">
        Such as 5 MiB/s or 40 Mbit/s; empty for no limit. The limits above are for peers outside the local
        network.
      </p>
      <Fault error={save.error} onClose={save.clear} />
      <Button type="submit" label="Set" kind="main" disabled={save.busy} />
    </form>
  )
}
