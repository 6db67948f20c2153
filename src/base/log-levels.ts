import { LOG_LEVELS, LOG_MODULES, type Logger, type LogLevel, type LogModule } from './log.ts'

/** Levels of modules that differ from the general one. */
export type LogLevels = Readonly<Partial<Record<LogModule, LogLevel>>>

/** Children that may be gone before the dead ones are swept out. */
const SWEEP_AT = 256

/** Sets the levels of a logger and of its children by their `module`, those there are and those to come. */
export class LogTree {
  readonly #root: Logger
  /** Weakly: a session that is over takes its logger along. */
  #children: WeakRef<Logger>[] = []
  #sweepAt = SWEEP_AT
  #level: LogLevel
  #levels: LogLevels = {}

  constructor(root: Logger) {
    this.#root = root
    this.#level = root.level as LogLevel
    // Children inherit it, so it hears of theirs too.
    root.onChild = (child) => this.#adopt(child as Logger)
  }

  set(level: LogLevel, levels: LogLevels): void {
    this.#level = level
    this.#levels = levels
    this.#root.level = level
    for (const child of this.#children) {
      const logger = child.deref()
      if (logger) this.#apply(logger)
    }
  }

  #adopt(child: Logger): void {
    this.#apply(child)
    if (this.#children.length >= this.#sweepAt) {
      this.#children = this.#children.filter((each) => each.deref() !== undefined)
      this.#sweepAt = Math.max(SWEEP_AT, 2 * this.#children.length)
    }
    this.#children.push(new WeakRef(child))
  }

  #apply(logger: Logger): void {
    const { module } = logger.bindings() as { module?: LogModule }
    const level = (module && this.#levels[module]) ?? this.#level
    if (logger.level !== level) logger.level = level
  }
}

/** What levels by module look like, for people. */
export const LOG_LEVELS_HINT = `levels by module, such as transfer=debug,link=warn. Modules: ${LOG_MODULES.join(', ')}. Levels: ${LOG_LEVELS.join(', ')}`
