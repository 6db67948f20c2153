import { useCallback, useRef, useState } from 'react'
import { printable } from '../../../../src/base/printable.ts'
import { countOf } from '../../format.ts'
import { useSignedIn } from '../../state/use.ts'
import { Icon } from '../../ui/icon.tsx'
import type { Dropped } from './dropped.ts'
import { outgoing } from './outgoing.ts'
import { useDrop } from './use-drop.ts'

/** Takes files that are dropped into the page, or chosen. */
export function DropZone() {
  const [told, setTold] = useState('')
  const signedIn = useSignedIn()
  const picker = useRef<HTMLInputElement>(null)
  const take = useCallback(
    ({ files, folders }: Dropped<File>) => {
      const isAllowed = files.length === 0 || signedIn
      const tooMany = isAllowed ? outgoing.add(files) : 0
      setTold(
        !isAllowed ? 'Sign in first: this changes the node.' : foldersText(folders) || tooManyText(tooMany),
      )
    },
    [signedIn],
  )
  const over = useDrop(take)
  return (
    <>
      <div className={over ? 'drop over' : 'drop'}>
        <Icon name="send" size={26} />
        <p>
          Drop files into this page, or{' '}
          <button type="button" className="link-like" onClick={() => picker.current?.click()}>
            choose them
          </button>
          . They are copied to the node and shared from there.
        </p>
        <input
          ref={picker}
          type="file"
          multiple
          hidden
          onChange={(event) => {
            take({ files: [...(event.target.files ?? [])], folders: [] })
            event.target.value = ''
          }}
        />
      </div>
      <p className={told ? 'notice warn' : 'unseen'} role="status">
        <span>{told}</span>
      </p>
    </>
  )
}

function foldersText(folders: readonly string[]): string {
  if (folders.length === 0) return ''
  const names = folders.slice(0, 3).map((name) => `“${printable(name)}”`)
  const all = names.join(', ') + (folders.length > 3 ? ' …' : '')
  return `A page cannot share a folder that is dropped (${all}): the browser does not tell where it is. Enter its path above, and it is shared where it lies.`
}

const tooManyText = (tooMany: number): string =>
  tooMany === 0 ? '' : `${countOf(tooMany, 'file')} too many at once. Enter the path of their folder instead.`
