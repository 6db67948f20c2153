import { printable } from '../../../../src/base/printable.ts'
import type { Status } from '../../api/types.ts'
import { useAsk } from '../../state/use.ts'
import { Copy } from '../../ui/copy.tsx'
import { curlOf } from './curl.ts'

const OPEN = ['/api/v1/stats', '/api/v1/peers', '/api/v1/status']
const SECRET = ['/api/v1/stats/searches', '/api/v1/stats/queries']

/** Where programs get what this page shows. */
export function AsJson() {
  const { data } = useAsk<Status>('/api/v1/status')
  return (
    <details className="card">
      <summary>All of this as JSON</summary>
      <ul className="plain as-json">
        {OPEN.map((path) => (
          <li key={path}>
            <a href={path} target="_blank" rel="noreferrer">
              {path}
            </a>
          </li>
        ))}
      </ul>
      <p className="soft small">These need the token; on the computer of the node:</p>
      <ul className="plain as-json">
        {data &&
          SECRET.map((path) => {
            const command = curlOf(location.origin, path, data.dataDir)
            return (
              <li key={path} className="row">
                <code className="grow">{printable(command)}</code>
                <Copy text={command} />
              </li>
            )
          })}
      </ul>
      <p className="soft small">
        Everything that a program can ask is told under <a href="/docs">/docs</a>.
      </p>
    </details>
  )
}
