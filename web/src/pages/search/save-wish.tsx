import { ask } from '../../api/client.ts'
import { say } from '../../state/toasts.ts'
import { useAction } from '../../state/use.ts'
import { Button } from '../../ui/button.tsx'
import { Fault } from '../../ui/notice.tsx'

/** Puts the words on the wish list: what appears later is told. */
export function SaveWish({ words }: { words: string }) {
  const save = useAction(async () => {
    await ask('/api/v1/wishes', { method: 'POST', json: { words } })
    say('Saved: you are told when more appears.', { link: { to: '/wishes', label: 'Wish list' } })
  })
  return (
    <>
      <Button
        icon="wish"
        label="Save to the wish list"
        kind="quiet"
        disabled={save.busy}
        onClick={() => save.run()}
      />
      <Fault error={save.error} onClose={save.clear} />
    </>
  )
}
