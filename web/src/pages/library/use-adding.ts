import { useState } from 'react'
import { stream } from '../../api/client.ts'
import { ApiError } from '../../api/errors.ts'
import type { AddLine } from '../../api/types.ts'
import { useAction } from '../../state/use.ts'

export interface Added {
  readonly files: number
  readonly bytes: number
  /** Name of the one that came last. */
  readonly last: string
  readonly isDone: boolean
}

/** Shares a path; tells of each file as it is hashed. @param onDone all is shared */
export function useAdding(onDone: () => void) {
  const [added, setAdded] = useState<Added>()
  const action = useAction(async (path: string) => {
    let files = 0
    let bytes = 0
    let frame: number | undefined
    const show = (last: string, isDone = false) => {
      if (frame !== undefined) cancelAnimationFrame(frame)
      frame = isDone ? undefined : requestAnimationFrame(() => setAdded({ files, bytes, last, isDone }))
      if (isDone) setAdded({ files, bytes, last, isDone })
    }
    setAdded({ files, bytes, last: '', isDone: false })
    try {
      for await (const line of stream<AddLine>('/api/v1/library', { method: 'POST', json: { path } })) {
        if (line.event === 'error') throw new ApiError({ status: 200, code: line.code, detail: line.message })
        if (line.event === 'done') {
          files = line.files
          bytes = line.bytes
          onDone()
          return show('', true)
        }
        if (line.kind === 'file') {
          files++
          bytes += line.size
        }
        show(line.name)
      }
      throw new ApiError({ status: 0, code: 'UNREACHABLE', detail: 'The node stopped answering. Try again.' })
    } catch (error) {
      if (frame !== undefined) cancelAnimationFrame(frame)
      setAdded(undefined)
      throw error
    }
  })
  return { ...action, added }
}
