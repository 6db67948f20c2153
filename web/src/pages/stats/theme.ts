import { useSyncExternalStore } from 'react'

const DARK = '(prefers-color-scheme: dark)'

function subscribe(onChange: () => void): () => void {
  const media = matchMedia(DARK)
  const watch = new MutationObserver(onChange)
  media.addEventListener('change', onChange)
  watch.observe(document.documentElement, { attributeFilter: ['data-theme'] })
  return () => {
    media.removeEventListener('change', onChange)
    watch.disconnect()
  }
}

const current = (): string => `${document.documentElement.dataset.theme ?? ''} ${matchMedia(DARK).matches}`

/** Another text whenever the colours of the page are others. */
export const useTheme = (): string => useSyncExternalStore(subscribe, current)

/** A colour of the page as a canvas takes it. @param name of the CSS variable */
export function colourOf(within: HTMLElement, name: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${name})`
  within.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
