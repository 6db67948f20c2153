/** One of several answers. */
export interface Choice<T> {
  readonly value: T
  /** Any text: it is made printable, and cut to the width of the terminal. */
  readonly label: string
  /** More about it, shown while it is the one that Enter would take. */
  readonly hint?: string
}

export interface TextOptions {
  /** An example of what may be typed. */
  readonly placeholder?: string
  /** What is wrong with an answer; undefined when nothing is. */
  readonly check?: (text: string) => string | undefined
}

/** Asks a person. An answer of undefined says that the person went back, by Esc or Ctrl-C, or that the menu is to end. */
export interface Asker {
  /** One of the choices, of which there must be some. */
  select<T>(message: string, choices: readonly Choice<T>[]): Promise<T | undefined>
  /** Any number of them, also none. */
  pick<T>(message: string, choices: readonly Choice<T>[]): Promise<T[] | undefined>
  /** A line of text without blanks around it. */
  text(message: string, options?: TextOptions): Promise<string | undefined>
}

/** Something must be there. For {@link TextOptions.check}. */
export const notEmpty = (text: string): string | undefined =>
  text === '' ? 'Type something, or Esc to go back.' : undefined
