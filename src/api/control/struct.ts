import type { JsonObject } from '@bufbuild/protobuf'

/** What JSON makes of a value: no undefined fields, as google.protobuf.Struct wants it. */
export function structOf(value: unknown): JsonObject {
  return JSON.parse(JSON.stringify(value))
}
