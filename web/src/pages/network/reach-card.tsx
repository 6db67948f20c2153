import { useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { ask } from '../../api/client.ts'
import type { DoctorCheck, Status } from '../../api/types.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { DoctorChecks } from './doctor-checks.tsx'
import { factsOf } from './reach.ts'

/** How this node stands in the network; and checks, with what to do. */
export function ReachCard({ status }: { status: Status }) {
  const [checks, setChecks] = useState<DoctorCheck[]>()
  const check = useAction(async () => {
    const report = await ask<{ checks: DoctorCheck[] }>('/api/v1/doctor')
    setChecks(report.checks)
  })
  return (
    <section className="card">
      <h2>This node in the network</h2>
      <dl className="facts reach">
        {factsOf(status).map(({ label, text, tone }) => (
          <div key={label} className="reach-fact">
            <dt>{label}</dt>
            <dd className={tone}>{printable(text)}</dd>
          </div>
        ))}
      </dl>
      <p className="row reach-check">
        <Button
          icon="check"
          label={check.busy ? 'Checking …' : checks ? 'Check again' : 'Check'}
          disabled={check.busy}
          onClick={() => check.run()}
        />
        <span className="soft small" role="status">
          {check.busy
            ? 'This takes some seconds when a peer does not answer.'
            : 'Looks at what works and what does not, and says what to do.'}
        </span>
      </p>
      <Fault error={check.error} onClose={check.clear} />
      {checks && !check.busy && <DoctorChecks checks={checks} />}
    </section>
  )
}
