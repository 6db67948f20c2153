import type { CDPSession, Page } from 'playwright-core'

export interface PageHeap {
  /** JavaScript objects that are alive. */
  readonly bytes: number
  readonly domNodes: number
  readonly listeners: number
}

/** What a page holds after everything that nobody needs is gone. */
export class HeapWatch {
  readonly #session: CDPSession

  private constructor(session: CDPSession) {
    this.#session = session
  }

  static async of(page: Page): Promise<HeapWatch> {
    return new HeapWatch(await page.context().newCDPSession(page))
  }

  async now(): Promise<PageHeap> {
    // What is freed in one collection frees more in the next.
    for (let turn = 0; turn < 3; turn++) await this.#session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await this.#session.send('Runtime.getHeapUsage')
    const { nodes, jsEventListeners } = await this.#session.send('Memory.getDOMCounters')
    return { bytes: usedSize, domNodes: nodes, listeners: jsEventListeners }
  }
}
