import { centralDialect } from './central/central.ts'
import type { Dialect, DialectContext, DialectName } from './dialect.ts'
import { floodDialect } from './flood/flood.ts'
import { kvDialect } from './kv/kv.ts'
import { neighbourDialect } from './neighbour/neighbour.ts'
import { zonedDialect } from './zoned/zoned.ts'

/** Makes a dialect. */
export type DialectFactory = (context: DialectContext) => Dialect

/** Every dialect of this version. */
export const DIALECTS: Readonly<Record<DialectName, DialectFactory>> = {
  central: (context) => centralDialect(context),
  zoned: (context) => zonedDialect(context),
  neighbour: (context) => neighbourDialect(context),
  flood: (context) => floodDialect(context),
  kv: (context) => kvDialect(context),
}
