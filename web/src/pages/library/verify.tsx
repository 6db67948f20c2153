import { ask } from '../../api/client.ts'
import type { DamagedFile, VerificationReport } from '../../api/types.ts'
import { countOf, formatBytes, formatDuration, formatEta, formatRate } from '../../format.ts'
import { useAction, useAsk } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { Progress } from '../../ui/progress.tsx'
import { Name } from '../../ui/text.tsx'
import { damageText } from './words.ts'

const PATH = '/api/v1/library/verify'

/** Most damaged files that are listed. */
const MAX_ROWS = 100

/** Reads all shared files again and tells which are not what they were. */
export function Verify() {
  const { data, error, refresh } = useAsk<VerificationReport>(PATH, { on: ['verify'] })
  const act = useAction(async (verb: 'start' | 'stop') => {
    await ask(PATH, verb === 'start' ? { method: 'POST', json: {} } : { method: 'DELETE' })
    refresh()
  })
  const running = data?.state === 'running'
  return (
    <section className="card verify" aria-labelledby="verify-title">
      <div className="row">
        <div className="grow">
          <h2 id="verify-title">Verify</h2>
          <p className="soft small verify-about">
            Reads every shared file again and compares it with what was shared, to find what a disk has
            spoilt.
          </p>
        </div>
        {running ? (
          <Button icon="stop" label="Stop" disabled={act.busy} onClick={() => act.run('stop')} />
        ) : (
          <Button icon="check" label="Verify all" disabled={act.busy} onClick={() => act.run('start')} />
        )}
      </div>
      <Fault error={act.error ?? (data ? undefined : error)} onClose={act.clear} />
      {data && data.state !== 'idle' && <Report report={data} />}
    </section>
  )
}

function Report({ report }: { report: VerificationReport }) {
  const { state, files, filesTotal, bytes, bytesTotal, rateBytesPerSecond, etaMs, ms, damaged } = report
  return (
    <>
      {state === 'running' && <Progress label="Verified" done={bytes} total={bytesTotal} />}
      <p className="small verify-facts" role={state === 'running' ? undefined : 'status'}>
        {state === 'running'
          ? `${files.toLocaleString()} of ${countOf(filesTotal, 'file')}, ${formatBytes(bytes)} of ${formatBytes(bytesTotal)}, ${formatRate(rateBytesPerSecond)} ${formatEta(etaMs ?? undefined)}`
          : `${state === 'stopped' ? 'Stopped' : 'Done'}: ${countOf(files, 'file')}, ${formatBytes(bytes)} in ${formatDuration(ms)}; ${damaged === 0 ? 'nothing wrong.' : `${damaged.toLocaleString()} damaged.`}`}
      </p>
      {report.damagedFiles.length > 0 && (
        <ul className="plain damaged">
          {report.damagedFiles.slice(0, MAX_ROWS).map((file) => (
            <Damaged key={file.path} file={file} />
          ))}
        </ul>
      )}
      {damaged > MAX_ROWS && <p className="soft small">and {countOf(damaged - MAX_ROWS, 'other')}</p>}
    </>
  )
}

function Damaged({ file }: { file: DamagedFile }) {
  const { what, todo } = damageText(file)
  return (
    <li className="notice bad">
      <span>
        <Name text={file.path} />
        <br />
        <span className="small">
          {what} {todo}
        </span>
      </span>
    </li>
  )
}
