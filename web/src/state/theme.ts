const KEY = 'shoal-theme'

/** Colours of this page in this browser: `light`, `dark`, or empty for those of the system. */
export const theme = {
  get: (): string => localStorage.getItem(KEY) ?? '',
  set(wanted: string): string {
    localStorage.setItem(KEY, wanted)
    theme.apply()
    return wanted
  },
  apply(): void {
    document.documentElement.dataset.theme = theme.get()
  },
}
