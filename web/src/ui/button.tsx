import type { ButtonHTMLAttributes } from 'react'
import { Icon, type IconName } from './icon.tsx'

interface Props extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> {
  icon?: IconName
  /** What it says. With `compact` only to those who cannot see the icon, and as a hint. */
  label: string
  kind?: 'plain' | 'main' | 'danger' | 'quiet'
  compact?: boolean
}

export function Button({ icon, label, kind = 'plain', compact = false, type = 'button', ...rest }: Props) {
  return (
    <button
      type={type}
      className={`button ${kind}${compact ? ' compact' : ''}`}
      {...(compact && { 'aria-label': label, title: label })}
      {...rest}
    >
      {icon && <Icon name={icon} size={compact ? 20 : 18} />}
      {!compact && <span>{label}</span>}
    </button>
  )
}
