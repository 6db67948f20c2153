import type { MessageInitShape } from '@bufbuild/protobuf'
import type { AddPathResponseSchema } from '../../contract/gen/shoal/v1/node_pb.ts'
import type { LeftOut } from '../../library/left-out.ts'

/** Examples of what was left out: enough to see what is going on. */
export const MAX_EXAMPLES = 10

/** What an addition found and does not share. */
export interface LeftOutView {
  readonly count: number
  /** The first {@link MAX_EXAMPLES}. */
  readonly examples: readonly LeftOut[]
}

/** Counts what is left out and keeps the first examples. */
export class LeftOutList implements LeftOutView {
  count = 0
  readonly examples: LeftOut[] = []

  add({ path, reason }: LeftOut): void {
    this.count++
    if (this.examples.length < MAX_EXAMPLES) this.examples.push({ path, reason })
  }
}

/** The end of an addition as the control contract has it; undefined when nothing was left out. */
export function leftOutToWire({
  count,
  examples,
}: LeftOutView): MessageInitShape<typeof AddPathResponseSchema> | undefined {
  if (count === 0) return undefined
  return { leftOut: { count, examples: examples.map(({ path, reason }) => ({ path, reason })) } }
}
