import type { Logger } from '../../base/log.ts'
import { cidToBytes } from '../../content/cid.ts'
import type { EntryKey, SharedEntry } from '../../content/entry.ts'
import { entryToWire } from '../../content/entry-wire.ts'
import type { IndexService } from '../../contract/gen/shoal/v1/index_pb.ts'
import type { Client } from '../../link/rpc.ts'
import { type AckedOptions, ackedStream } from './acked-stream.ts'
import { batched } from './batches.ts'

type IndexClient = Pick<Client<typeof IndexService>, 'publish' | 'withdraw'>

export interface TellOptions extends AckedOptions {
  readonly log: Logger
}

export interface Publication {
  readonly entries: Iterable<readonly SharedEntry[]>
  /** Whether all that is not in this publication is withdrawn. */
  readonly replace: boolean
  /** Read when the last batch goes out; empty says that the set is not known to be complete. */
  readonly revision: () => string
}

/** What became of a publication. */
export interface Published {
  readonly stored: number
  readonly refused: number
  /** As told with the last batch. */
  readonly revision: string
}

/**
 * Publishes in batches, each acknowledged before the next but few goes out. A publication without entries is one batch too: it carries
 * `replace` and the revision. Entries that the server refuses are logged and stay unpublished. Throws what the call throws.
 */
export async function publish(
  client: IndexClient,
  { entries, replace, revision }: Publication,
  { log, ...options }: TellOptions,
): Promise<Published> {
  let stored = 0
  let refused = 0
  let told = ''
  const requests = function* () {
    let isFirst = true
    for (const { batch, isLast } of withLast(batched(entries, entryBytes))) {
      if (isLast) told = revision()
      const request = {
        entries: batch.map(entryToWire),
        replace: replace && isFirst,
        revision: isLast ? told : '',
      }
      isFirst = false
      yield request
    }
  }
  const acks = ackedStream((stream, signal) => client.publish(stream, { signal }), requests(), options)
  for await (const ack of acks) {
    stored += ack.stored
    refused += ack.refused
    if (ack.refused > 0) log.warn({ refused: ack.refused, reason: ack.reason }, 'index refused entries')
  }
  return { stored, refused, revision: told }
}

export interface Withdrawal {
  readonly keys: readonly EntryKey[]
  /** Told with the last batch; empty says that the set is not known to be complete. */
  readonly revision: string
}

/** Takes entries back in batches; otherwise like {@link publish}. */
export async function withdraw(
  client: IndexClient,
  { keys, revision }: Withdrawal,
  { log: _log, ...options }: TellOptions,
): Promise<void> {
  const requests = function* () {
    for (const { batch, isLast } of withLast(batched([keys], keyBytes))) {
      const wire = batch.map(({ cid, path }) => ({ cid: cidToBytes(cid), path }))
      yield { keys: wire, revision: isLast ? revision : '' }
    }
  }
  const acks = ackedStream((stream, signal) => client.withdraw(stream, { signal }), requests(), options)
  for await (const _ack of acks);
}

/** An upper bound of an entry's size on the wire: CID, SHA-256 and numbers take less than 128 bytes. */
const entryBytes = ({ name, path }: SharedEntry) => 128 + 3 * (name.length + path.length)
const keyBytes = ({ path }: EntryKey) => 64 + 3 * path.length

/** Each batch with whether it is the last; one empty batch when there is none. */
function* withLast<T>(batches: Iterable<T[]>): Generator<{ batch: T[]; isLast: boolean }> {
  let held: T[] | undefined
  for (const batch of batches) {
    if (held) yield { batch: held, isLast: false }
    held = batch
  }
  yield { batch: held ?? [], isLast: true }
}
