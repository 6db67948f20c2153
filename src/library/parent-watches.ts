import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Who wants to know of the files of one folder. */
interface ParentWatch {
  readonly watcher: FSWatcher
  readonly listeners: Map<string, () => void>
}

/**
 * Watches single files through the folders they lie in, one watch a folder, nothing below it. A watch on the file itself
 * would end when a program replaces the file instead of writing into it.
 */
export class ParentWatches {
  readonly #folders = new Map<string, ParentWatch>()

  /**
   * Calls `onChange` when something happens to that file.
   *
   * @returns ends the watch @throws system errors, ENOSPC when the system allows no more watches
   */
  watch(absPath: string, onChange: () => void): () => void {
    const folder = dirname(absPath)
    const name = basename(absPath)
    const watched = this.#folders.get(folder) ?? this.#open(folder)
    watched.listeners.set(name, onChange)
    return () => {
      watched.listeners.delete(name)
      if (watched.listeners.size > 0 || this.#folders.get(folder) !== watched) return
      watched.watcher.close()
      this.#folders.delete(folder)
    }
  }

  #open(folder: string): ParentWatch {
    const listeners = new Map<string, () => void>()
    const all = () => {
      for (const listener of listeners.values()) listener()
    }
    const watcher = watch(folder, { persistent: false }, (_event, name) => {
      if (name === null) all()
      else listeners.get(name)?.()
    })
    watcher.on('error', () => {
      // The folder is gone, or the system gave up: whoever listens looks for itself, and watches anew if it can.
      watcher.close()
      this.#folders.delete(folder)
      all()
    })
    const watched = { watcher, listeners }
    this.#folders.set(folder, watched)
    return watched
  }
}
