import { Link } from 'wouter'

/** The parts of a page, each with an address of its own, so that it can be reloaded and gone back to. */
export function Tabs({
  label,
  tabs,
  here,
}: {
  label: string
  tabs: readonly { id: string; to: string; label: string; count?: number | undefined }[]
  here: string
}) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map(({ id, to, label: text, count = 0 }) => (
        <Link
          key={id}
          href={to}
          className={id === here ? 'tab here' : 'tab'}
          aria-current={id === here ? 'page' : undefined}
        >
          {text}
          {count > 0 && <span className="tab-count">{count.toLocaleString()}</span>}
        </Link>
      ))}
    </nav>
  )
}
