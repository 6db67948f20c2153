import { printable } from '../../../../src/base/printable.ts'
import type { DoctorCheck } from '../../api/types.ts'
import { Badge } from '../../ui/notice.tsx'

const STATUS: Readonly<Record<DoctorCheck['status'], { tone: string; word: string }>> = {
  ok: { tone: 'good', word: 'good' },
  warn: { tone: 'warn', word: 'could be better' },
  broken: { tone: 'bad', word: 'broken' },
  skipped: { tone: 'plain', word: 'not checked' },
}
const WORST_FIRST: readonly DoctorCheck['status'][] = ['broken', 'warn', 'ok', 'skipped']

/** What was looked at, the worst first. */
export function DoctorChecks({ checks }: { checks: readonly DoctorCheck[] }) {
  const sorted = [...checks].sort((a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status))
  return (
    <ul className="plain checks">
      {sorted.map(({ id, status, title, detail, fix }) => (
        <li key={`${id} ${title} ${detail}`} className="check">
          <Badge tone={STATUS[status].tone}>{STATUS[status].word}</Badge>
          <div>
            <strong>{printable(title)}</strong>
            <div className="small">{printable(detail)}</div>
            {fix && <div className="small check-fix">What to do: {printable(fix)}</div>}
          </div>
        </li>
      ))}
    </ul>
  )
}
