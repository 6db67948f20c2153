import type { Dialect, DialectContext, DialectName } from './dialect.ts'

/** Makes a dialect. */
export type DialectFactory = (context: DialectContext) => Dialect

/** Every dialect of this version. */
export const DIALECTS: Readonly<Partial<Record<DialectName, DialectFactory>>> = {}
