import { printable } from '../../../src/base/printable.ts'

/**
 * A name that somebody else chose. What is invisible or turns the direction of writing is made visible, and a name that is written from right to left
 * does not turn what stands around it.
 */
export function Name({ text, className }: { text: string; className?: string }) {
  const shown = printable(text)
  return (
    <bdi className={className ? `name ${className}` : 'name'} title={shown}>
      {shown}
    </bdi>
  )
}

/** A PeerId, CID or digest: its beginning and end, all of it to be copied. */
export function Id({ id, length = 12 }: { id: string; length?: number }) {
  const half = Math.ceil(length / 2)
  const short = id.length > length + 1 ? `${id.slice(0, half)}…${id.slice(-half)}` : id
  return (
    <code className="id" title={id}>
      {short}
    </code>
  )
}
