import type { ReactNode } from 'react'

/** What may be wider than the page scrolls by itself, by the keyboard, too. @param label what it is */
export function ScrollX({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys scroll it when it has the focus
    <section className="scroll-x" aria-label={label} tabIndex={0}>
      {children}
    </section>
  )
}
