import { say } from '../../state/toasts.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'
import { SCHEMES } from './facts.ts'

/** Lets the browser open links of other pages here; it asks its owner itself. */
export function Register() {
  const register = useAction(async () => {
    try {
      for (const scheme of SCHEMES)
        navigator.registerProtocolHandler(scheme, `${location.origin}/open?link=%s`)
    } catch (cause) {
      throw new Error('The browser does not allow it at this address. Open this page at 127.0.0.1.', {
        cause,
      })
    }
    say('The browser may ask you whether links are to be opened here.')
  })
  if (!('registerProtocolHandler' in navigator)) return null
  return (
    <details className="register">
      <summary className="small">Open links of other pages here</summary>
      <p className="small soft">
        Links that begin with <code>magnet:</code> or <code>ipfs:</code> then lead to this page. The browser
        asks you first; take it back in the settings of the browser.
      </p>
      <Button label="Open such links here" disabled={register.busy} onClick={() => register.run()} />
      <Fault error={register.error} onClose={register.clear} />
    </details>
  )
}
