import { useState } from 'react'
import { stream } from '../../api/client.ts'
import { ApiError } from '../../api/errors.ts'
import type { AddLine, LeftOut } from '../../api/types.ts'
import { useAction } from '../../state/use.ts'

export interface Added {
  readonly files: number
  readonly bytes: number
  /** Name of the one that came last. */
  readonly last: string
  /** What was found and is not shared; undefined while it goes on. */
  readonly leftOut: LeftOut | undefined
}

/** Shares a path; tells of each file as it is hashed. @param onDone all is shared */
export function useAdding(onDone: () => void) {
  const [added, setAdded] = useState<Added>()
  const action = useAction(async (path: string) => {
    let files = 0
    let bytes = 0
    let frame: number | undefined
    const show = (last: string) => {
      if (frame !== undefined) cancelAnimationFrame(frame)
      frame = requestAnimationFrame(() => setAdded({ files, bytes, last, leftOut: undefined }))
    }
    show('')
    try {
      for await (const line of stream<AddLine>('/api/v1/library', { method: 'POST', json: { path } })) {
        if (line.event === 'error') throw new ApiError({ status: 200, code: line.code, detail: line.message })
        if (line.event === 'done') {
          if (frame !== undefined) cancelAnimationFrame(frame)
          setAdded({ files: line.files, bytes: line.bytes, last: '', leftOut: line.leftOut })
          return onDone()
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
