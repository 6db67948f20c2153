import { useState } from 'react'
import type { Config, Status } from '../../api/types.ts'
import { token } from '../../state/token.ts'
import { useAsk, useSignedIn } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Empty, Fault } from '../../ui/notice.tsx'
import { Id, Name } from '../../ui/text.tsx'
import { SignIn } from '../sign-in.tsx'
import { fieldsOf, grouped } from './fields.ts'
import { SettingRow } from './setting-row.tsx'
import { Theme } from './theme.tsx'
import './settings.css'

/** Everything in the node's configuration, checked by the node, and what is this page's own. */
export default function SettingsPage() {
  const signedIn = useSignedIn()
  const [words, setWords] = useState('')
  const { data, error, refresh } = useAsk<Config>('/api/v1/config', { on: ['config'], off: !signedIn })
  const wanted = words.trim().toLowerCase()
  const fields = data
    ? fieldsOf(data).filter(({ key, label, description }) =>
        `${key} ${label} ${description}`.toLowerCase().includes(wanted),
      )
    : []
  return (
    <>
      <h1>Settings</h1>
      <ThisPage />
      {!signedIn && (
        <Empty title="The settings of the node are for its owner.">
          <SignIn />
        </Empty>
      )}
      <Fault error={signedIn ? error : undefined} />
      {data && (
        <>
          <label className="field settings-find">
            <span className="unseen">Find a setting</span>
            <input
              className="input"
              type="search"
              placeholder="Find a setting"
              value={words}
              onChange={(event) => setWords(event.target.value)}
            />
          </label>
          {grouped(fields).map((group) => (
            <section key={group.title} className="card" aria-labelledby={`group-${group.title}`}>
              <h2 id={`group-${group.title}`}>{group.title}</h2>
              {group.fields.map((field) => (
                <SettingRow key={field.key} field={field} onSaved={refresh} />
              ))}
            </section>
          ))}
          {fields.length === 0 && <p className="soft">No setting has these words.</p>}
        </>
      )}
    </>
  )
}

function ThisPage() {
  const signedIn = useSignedIn()
  const { data } = useAsk<Status>('/api/v1/status')
  return (
    <section className="card" aria-labelledby="this-page">
      <h2 id="this-page">This node and this page</h2>
      {data && (
        <dl className="facts">
          <dt>Name</dt>
          <dd>
            <Name text={data.name} />
          </dd>
          <dt>PeerId</dt>
          <dd>
            <Id id={data.peerId} length={52} />
          </dd>
          <dt>Version</dt>
          <dd>{data.version}</dd>
          <dt>Data folder</dt>
          <dd>
            <Name text={data.dataDir} />
          </dd>
        </dl>
      )}
      <div className="row settings-page-row">
        <Theme />
        {signedIn && <Button label="Sign out of this browser" onClick={() => token.forget()} />}
        <a href="/docs">API</a>
      </div>
    </section>
  )
}
