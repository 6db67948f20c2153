import { printable } from '../../../../src/base/printable.ts'
import { ask } from '../../api/client.ts'
import type { Download } from '../../api/types.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Fault } from '../../ui/notice.tsx'
import { adviceFor } from './words.ts'

/** Why a download failed and what to do about it. */
export function DownloadFailure({
  view,
  error,
}: {
  view: Download
  error: { code: string; message: string }
}) {
  const again = useAction(async () => {
    await ask(`/api/v1/downloads/${view.id}/resume`, { method: 'POST' })
  })
  return (
    <>
      <p className="notice bad transfer-fault">
        <Icon name="warning" />
        <span>
          {printable(error.message)} {adviceFor(error.code)}
        </span>
        <Button icon="again" label="Try again" disabled={again.busy} onClick={() => again.run()} />
      </p>
      <Fault error={again.error} onClose={again.clear} />
    </>
  )
}
