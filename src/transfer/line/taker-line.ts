import { isErrorCode, ShoalError, toShoalError } from '../../base/errors.ts'
import { cidToBytes, DIGEST_SIZE } from '../../content/cid.ts'
import type { GetBlocksResponse } from '../../contract/gen/shoal/v1/peer_pb.ts'
import type { Road } from '../../link/roads.ts'
import type { Gate } from '../limits/gates.ts'
import { SourceFault } from '../source-fault.ts'
import {
  type BlockChannel,
  type BlocksRequest,
  type ChannelListener,
  MAX_FILES,
  MAX_INDICES,
  MAX_TAKEN_AT_ONCE,
  type TakerWire,
  type WireListener,
} from './channel.ts'

/** This node as a source for others. */
export interface Introduction {
  readonly name: string
  /** HOST:PORT and multiaddrs, best first. */
  readonly addresses: readonly string[]
}

interface OpenFile {
  readonly listener: ChannelListener
  readonly want: Set<number>
  /** Ends, by block. */
  readonly parts: Map<number, number>
  readonly cancel: Set<number>
  /** Files of a TakeFiles that are not answered. */
  taken: number
}

/** Where bytes of closed files go. */
const WASTE = new Uint8Array(16 * 1024)

/** Numbers of closed files that are remembered: what was on its way still comes. More than a line may have open. */
const MAX_CLOSED = 4 * MAX_FILES

/**
 * One line to one peer on the taker's side: gives each file a number and hands on what comes for it. What is asked for in one turn of the event loop goes
 * out as one write; a block that is taken back before it was asked for is not mentioned at all.
 */
export class TakerLine implements WireListener {
  readonly #files = new Map<number, OpenFile>()
  readonly #closed = new Set<number>()
  /** Files with something to say. */
  readonly #unsaid = new Set<number>()
  #wire: TakerWire | undefined
  #gate: Gate | undefined
  /** Pieces that came and have not passed the gate. */
  #held = 0
  readonly #over = new AbortController()
  #next = 1
  #outgoing: BlocksRequest[] = []
  #flushPlanned = false
  /** Files of all TakeFiles that are not answered. */
  #taken = 0
  #position = 0
  /** Who said where the next bytes go. */
  #placing: ChannelListener | undefined
  #error: ShoalError | undefined
  readonly #onIdle: () => void
  readonly #onEnded: () => void

  /** @param onIdle called when the last file is closed @param onEnded called when the line is over */
  constructor(events: { onIdle(): void; onEnded(): void }) {
    this.#onIdle = events.onIdle
    this.#onEnded = events.onEnded
  }

  /** To be called once, before anything else; what comes earlier is taken. */
  attach(wire: TakerWire, gate: Gate, self?: Introduction): void {
    if (self && self.addresses.length > 0) {
      const { name, addresses } = self
      this.#say({ request: { case: 'introduction', value: { name, addresses: [...addresses] } } })
    }
    this.#wire = wire
    this.#gate = gate
  }

  get isOver(): boolean {
    return this.#error !== undefined
  }

  /** Files that are open. */
  get size(): number {
    return this.#files.size
  }

  get road(): Road | undefined {
    return this.#wire?.road
  }

  /** Undefined when it has as many as it may have. @throws why the line is over */
  open(cid: string, listener: ChannelListener): BlockChannel | undefined {
    return this.#begin({ case: 'open', value: { cid: cidToBytes(cid) } }, listener)
  }

  /** Asks for whole files, see TakeFiles of the contract. Otherwise as {@link open}. */
  take(digests: Uint8Array, listener: ChannelListener): BlockChannel | undefined {
    const count = digests.length / DIGEST_SIZE
    if (this.#taken + count > MAX_TAKEN_AT_ONCE) return undefined
    return this.#begin({ case: 'take', value: { digests } }, listener, count)
  }

  #begin(request: BlocksRequest['request'], listener: ChannelListener, taken = 0): BlockChannel | undefined {
    if (this.#error) throw this.#error
    if (this.#files.size >= MAX_FILES) return undefined
    const file = this.#next++
    const entry: OpenFile = { listener, want: new Set(), parts: new Map(), cancel: new Set(), taken }
    this.#files.set(file, entry)
    this.#taken += taken
    this.#say({ file, request })
    // About the line as a whole: a file that is opened later has to hear it, too.
    if (this.#position > 0) queueMicrotask(() => this.#files.get(file)?.listener.queued(this.#position))
    return this.#channel(file, entry)
  }

  close(): void {
    this.#wire?.close()
  }

  message({ file, response: said }: GetBlocksResponse): void {
    if (said.case === 'queued') this.#queued(said.value.position)
    else {
      const entry = this.#files.get(file)
      if (entry) this.#tell(file, entry, said)
      else this.#unknown(file)
    }
  }

  place(file: number, index: number, offset: number, room: number, chaining?: Uint8Array): Uint8Array {
    this.#placing = this.#files.get(file)?.listener
    if (this.#placing) return this.#placing.place(index, offset, room, chaining)
    this.#unknown(file)
    return WASTE.subarray(0, Math.min(room, WASTE.length))
  }

  placed(count: number): void {
    this.#pass(count)
    this.#placing?.placed(count)
  }

  /** Reads no more until what came may have come. */
  #pass(bytes: number): void {
    const gate = this.#gate
    if (!gate || gate.tryTake(bytes)) return
    if (this.#held++ === 0) this.#wire?.pause()
    const passed = () => {
      if (--this.#held === 0) this.#wire?.resume()
    }
    gate.take(bytes, this.#over.signal).then(passed, passed)
  }

  ended(error: ShoalError): void {
    if (this.#error) return
    this.#error = error
    this.#over.abort(error)
    this.#gate?.close()
    const files = [...this.#files.values()]
    this.#files.clear()
    this.#unsaid.clear()
    this.#onEnded()
    for (const { listener } of files) listener.ended(error)
  }

  #channel(file: number, entry: OpenFile): BlockChannel {
    const line = this
    return {
      get road() {
        return line.#wire?.road
      },
      get address() {
        return line.#wire?.address ?? ''
      },
      get isHeld() {
        return line.#held > 0
      },
      want: (indices) => {
        for (const index of indices) entry.want.add(index)
        this.#unsaid.add(file)
        this.#planFlush()
      },
      wantParts: (index, end) => {
        entry.parts.set(index, end)
        this.#unsaid.add(file)
        this.#planFlush()
      },
      cancel: (indices) => {
        for (const index of indices)
          if (!entry.want.delete(index) && !entry.parts.delete(index)) entry.cancel.add(index)
        this.#unsaid.add(file)
        this.#planFlush()
      },
      showAll: () => {
        if (this.#files.get(file) === entry) this.#say({ file, request: { case: 'showAll', value: {} } })
      },
      close: () => {
        if (this.#files.get(file) !== entry) return
        this.#forget(file)
        this.#say({ file, request: { case: 'close', value: {} } })
      },
    }
  }

  #tell(file: number, entry: OpenFile, said: GetBlocksResponse['response']): void {
    const { listener } = entry
    if (said.case === 'opened') listener.opened(said.value)
    else if (said.case === 'missing') listener.missing(said.value.indices)
    else if (said.case === 'have') listener.have(said.value.indices, said.value.coming)
    else if (said.case === 'takers') listener.takers(said.value.takers)
    else if (said.case === 'group') {
      const { sizes } = said.value
      if (!listener.group || sizes.length > entry.taken)
        throw new SourceFault('BAD_RESPONSE', 'files that were not asked for')
      entry.taken -= sizes.length
      this.#taken -= sizes.length
      listener.group(sizes)
    } else if (said.case === 'refused') this.#refused(file, entry, said.value)
  }

  #queued(position: number): void {
    this.#position = position
    for (const { listener } of [...this.#files.values()]) listener.queued(position)
  }

  #refused(file: number, { listener }: OpenFile, said: { code: string; message: string }): void {
    this.#forget(file)
    const code = isErrorCode(said.code) ? said.code : 'UNAVAILABLE'
    // That the peer itself says so, unlike a link that could not be made.
    const details = { isAnswer: true }
    listener.ended(new ShoalError(code, said.message.slice(0, 500) || undefined, { details }))
  }

  #unknown(file: number): void {
    if (!this.#closed.has(file)) throw new SourceFault('BAD_RESPONSE', `file ${file} was not opened`)
  }

  #forget(file: number): void {
    this.#taken -= this.#files.get(file)?.taken ?? 0
    this.#files.delete(file)
    this.#unsaid.delete(file)
    this.#closed.add(file)
    if (this.#closed.size > MAX_CLOSED) this.#closed.delete(this.#closed.values().next().value!)
    if (this.#files.size === 0) this.#onIdle()
  }

  #say(request: BlocksRequest): void {
    this.#outgoing.push(request)
    this.#planFlush()
  }

  #planFlush(): void {
    if (this.#flushPlanned) return
    this.#flushPlanned = true
    queueMicrotask(() => {
      this.#flushPlanned = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#error || !this.#wire) return
    const requests = this.#outgoing
    this.#outgoing = []
    for (const file of this.#unsaid) {
      const entry = this.#files.get(file)
      if (!entry) continue
      const { want, parts, cancel } = entry
      // Cancels first: they spare work, and a block that is wanted again must not lose its new request to the old cancel.
      while (cancel.size > 0)
        requests.push({ file, request: { case: 'cancel', value: { indices: drain(cancel) } } })
      while (want.size > 0)
        requests.push({ file, request: { case: 'want', value: { indices: drain(want) } } })
      if (parts.size > 0) {
        const blocks = [...parts].map(([index, end]) => ({ index, end }))
        requests.push({ file, request: { case: 'wantParts', value: { blocks } } })
        parts.clear()
      }
    }
    this.#unsaid.clear()
    if (requests.length === 0) return
    try {
      this.#wire.send(requests)
    } catch (error) {
      this.ended(toShoalError(error, 'UNAVAILABLE'))
    }
  }
}

function drain(indices: Set<number>): number[] {
  const drained: number[] = []
  for (const index of indices) {
    if (drained.length === MAX_INDICES) break
    drained.push(index)
    indices.delete(index)
  }
  return drained
}
