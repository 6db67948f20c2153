import { Emitter } from '../../base/events.ts'

/** The mirrors of one download; more may come while it runs. URLs as {@link parseMirrors} gives them. */
export class MirrorList {
  readonly added = new Emitter<string>()
  #urls: readonly string[]

  constructor(urls: readonly string[]) {
    this.#urls = urls
  }

  get urls(): readonly string[] {
    return this.#urls
  }

  /** Whoever fetches hears of those that are new. */
  set(urls: readonly string[]): void {
    const before = this.#urls
    this.#urls = urls
    for (const url of urls) if (!before.includes(url)) this.added.emit(url)
  }
}
