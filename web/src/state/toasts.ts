import { Store } from './store.ts'

export interface Toast {
  readonly id: number
  readonly text: string
  readonly tone: 'plain' | 'bad'
  /** Where to look. */
  readonly link?: { readonly to: string; readonly label: string } | undefined
}

/** Most at once; the oldest goes. */
const MAX = 4
const SHOWN_MS = 6000

export const toasts = new Store<readonly Toast[]>([])
let next = 0

/** Says something in passing. */
export function say(
  text: string,
  { tone = 'plain', link }: Partial<Pick<Toast, 'tone' | 'link'>> = {},
): void {
  const id = next++
  toasts.set([...toasts.get(), { id, text, tone, link }].slice(-MAX))
  setTimeout(() => closeToast(id), SHOWN_MS)
}

export const closeToast = (id: number): void => toasts.set(toasts.get().filter((toast) => toast.id !== id))
