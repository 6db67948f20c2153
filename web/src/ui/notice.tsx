import type { ReactNode } from 'react'
import { printable } from '../../../src/base/printable.ts'
import { ApiError, messageOf } from '../api/errors.ts'
import { Icon } from './icon.tsx'

/** What went wrong and what to do; nothing when nothing did. */
export function Fault({ error, onClose }: { error: unknown; onClose?: () => void }) {
  if (error === undefined || error === null) return null
  const text =
    error instanceof ApiError && error.code === 'UNAUTHENTICATED'
      ? 'Sign in first: this changes the node. Run “shoal web”, or enter the token under Settings.'
      : messageOf(error)
  return (
    <p className="notice bad" role="alert">
      <Icon name="warning" />
      <span>{printable(text)}</span>
      {onClose && (
        <button type="button" className="button quiet compact" aria-label="Close" onClick={onClose}>
          <Icon name="close" size={16} />
        </button>
      )}
    </p>
  )
}

/** Instead of a list that is empty: why, and what to do about it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  )
}

/** A short fact beside a thing. */
export function Badge({ tone = 'plain', children }: { tone?: string; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>
}
