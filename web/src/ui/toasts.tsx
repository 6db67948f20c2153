import { closeToast, toasts } from '../state/toasts.ts'
import { useStore } from '../state/use.ts'
import { Button } from './button.tsx'

/** What is said in passing. @param onGo shows another page */
export function Toasts({ onGo }: { onGo: (to: string) => void }) {
  const shown = useStore(toasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text, tone, link }) => (
        <div key={id} className={`toast ${tone}`}>
          <span>{text}</span>
          {link && (
            <Button
              label={link.label}
              kind="quiet"
              onClick={() => {
                closeToast(id)
                onGo(link.to)
              }}
            />
          )}
          <Button icon="close" label="Close" kind="quiet" compact onClick={() => closeToast(id)} />
        </div>
      ))}
    </div>
  )
}
