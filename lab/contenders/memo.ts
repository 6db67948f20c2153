/** Messages go by reference in the laboratory, so that each signed object has to be read and verified only once for all nodes. */
const READ = Symbol('read')

type Remembering<T> = { [READ]?: T }

export interface MemoReader<S, T> {
  read(signed: S): T
  /** Takes over what this process has made itself. */
  note(made: T): void
}

/**
 * A reader that gives back what `reader` made of the same object before. It remembers on the object itself: a map of a million of them would
 * cost the garbage collector more.
 */
export function memoizing<S extends object, T extends { readonly signed: S }>(reader: {
  read(signed: S): T
}): MemoReader<S, T> {
  return {
    read(signed) {
      const memory = signed as Remembering<T>
      memory[READ] ??= reader.read(signed)
      return memory[READ]
    },
    note(made) {
      const memory = made.signed as Remembering<T>
      memory[READ] = made
    },
  }
}
