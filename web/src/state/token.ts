import { Store } from './store.ts'

/** Where the token is kept in this browser: an origin of its own, which no other page can read. */
const KEY = 'shoal-token'

/** What a token looks like (see docs/SECURITY.md). */
const TOKEN_FORM = /^[A-Za-z0-9_-]{43}$/

/**
 * The token of the API. It comes in the fragment of the address, which browsers send to nobody, and leaves the address at once, so that it stays
 * neither in the history nor in what is copied from there; or a person enters it.
 */
class Token {
  readonly #store = new Store<string | null>(null)
  readonly subscribe = this.#store.subscribe
  readonly get = this.#store.get

  /** Takes it from the address or from where it was kept. Call it once, before anything is shown. */
  load(): void {
    const given = new URLSearchParams(location.hash.slice(1)).get('token')
    if (given !== null) {
      history.replaceState(history.state, '', location.pathname + location.search)
      if (this.set(given)) return
    }
    this.#store.set(localStorage.getItem(KEY))
    // Another tab signed in or out.
    addEventListener('storage', ({ key, newValue }) => {
      if (key === KEY) this.#store.set(newValue)
    })
  }

  /** @returns whether `text` can be a token */
  set(text: string): boolean {
    const given = text.trim()
    if (!TOKEN_FORM.test(given)) return false
    localStorage.setItem(KEY, given)
    this.#store.set(given)
    return true
  }

  forget(): void {
    localStorage.removeItem(KEY)
    this.#store.set(null)
  }

  /** The node does not take it: it was made anew, or another node has this port now. */
  refused(): void {
    this.forget()
  }
}

export const token = new Token()
