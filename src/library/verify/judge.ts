import type { Logger } from '../../base/log.ts'
import type { BlockVerdict } from '../../content/ingest.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import {
  type CatalogueChange,
  type Damage,
  type FileStat,
  type KnownContent,
  type PathKey,
  sameStat,
} from '../../storage/catalogue-types.ts'
import type { Finding, FoundBlocks } from '../../storage/verify-types.ts'
import { addFound, findingOf } from './found.ts'
import type { VerifyJournal } from './journal.ts'
import type { Piece, VerifyPlan } from './plan.ts'

export interface JudgeParts {
  readonly catalogue: Pick<Catalogue, 'contentAt' | 'setDamage'>
  readonly journal: VerifyJournal
  readonly log: Logger
  /** What can be found has changed. */
  readonly onChange: (change: CatalogueChange) => void
  /** The bytes at this path are wrong: none of them may be trusted from now on. */
  readonly onDamaged: (absPath: string) => void
  /** A file is not what it was, or gone: look at it as if the watcher had seen it. */
  readonly onSuspect: (key: PathKey) => void
  /** Whether the root of a share is there. */
  readonly isPresent: (shareId: number) => Promise<boolean>
  readonly onRead: (bytes: number) => void
  readonly onFinding: (finding: Finding) => void
}

/** Acts on what was read: hides what is wrong, shows what is right again, hands on what changed, and notes how far it is. */
export class Judge {
  readonly #parts: JudgeParts
  /** Of files of which a part was read. */
  readonly #found = new Map<number, FoundBlocks>()

  constructor(parts: JudgeParts) {
    this.#parts = parts
  }

  /** @param stat the file's, as it was known when it was read */
  async judge(
    plan: VerifyPlan,
    { piece, verdict, stat }: { piece: Piece; verdict: BlockVerdict; stat: FileStat },
  ): Promise<void> {
    if (!plan.has(piece)) return
    if (verdict.status === 'read') {
      this.#read(plan, piece, { verdict, stat })
      return
    }
    const { onSuspect, isPresent, catalogue } = this.#parts
    const content = catalogue.contentAt(piece.file)
    const isMissing = verdict.status === 'missing' && content !== undefined
    // A share whose disk is away is not damaged, only away.
    const isLost = isMissing && (await isPresent(piece.file.shareId))
    this.leave(plan, piece, isLost ? missing(content) : undefined)
    onSuspect(piece.file)
  }

  /** Does not read the rest of a file. */
  leave(plan: VerifyPlan, piece: Piece, finding?: Finding): void {
    const unreadBytes = piece.ranges.leftBytes
    if (plan.drop(piece)) this.#finish(piece, unreadBytes, finding)
  }

  /** Notes how far it is, if it is time. */
  note(): void {
    this.#parts.journal.flushSometimes()
  }

  #read(
    plan: VerifyPlan,
    piece: Piece,
    { verdict, stat }: { verdict: Extract<BlockVerdict, { status: 'read' }>; stat: FileStat },
  ): void {
    const { catalogue, journal, onRead } = this.#parts
    const found = addFound(this.#found.get(piece.file.id) ?? piece.file.found, verdict)
    this.#found.set(piece.file.id, found)
    const isDone = plan.finish(piece)
    journal.read(piece, piece.bytes, found)
    onRead(piece.bytes)
    const content = catalogue.contentAt(piece.file)
    // It was hashed anew meanwhile: what was found is of a file that is gone.
    const isSame = content?.cid === piece.file.cid && sameStat(content.stat, stat)
    if (!isSame) {
      if (isDone) this.#finish(piece, 0)
      else this.leave(plan, piece)
      return
    }
    const finding = findingOf(content, found)
    // At once, not when all of a big file is read: the wrong bytes must not be sent meanwhile.
    if (finding && (isDone || !content.isDamaged)) this.#hide(content, finding)
    if (!isDone) return
    if (!finding && content.isDamaged) this.#show(content)
    this.#finish(piece, 0, finding)
  }

  #hide(content: KnownContent, { reason, blockCount, blocks }: Finding): void {
    // What cannot be read cannot be sent either, and may come back with the cable.
    if (reason !== 'blocks' && reason !== 'changed') return
    const { catalogue, onChange, onDamaged, log } = this.#parts
    const damage: Damage = { reason, blockCount, blocks }
    const change = catalogue.setDamage(content, damage)
    if (content.isDamaged) return
    onDamaged(content.absPath)
    onChange(change)
    log.warn({ path: content.absPath, cid: content.cid, blocks }, 'a shared file is damaged: withdrawn')
  }

  #show(content: KnownContent): void {
    const { catalogue, onChange, log } = this.#parts
    onChange(catalogue.setDamage(content, undefined))
    log.info({ path: content.absPath, cid: content.cid }, 'a damaged file is right again: shared')
  }

  #finish(piece: Piece, unreadBytes: number, finding?: Finding): void {
    const { journal, onFinding } = this.#parts
    this.#found.delete(piece.file.id)
    journal.finish(piece, unreadBytes, finding)
    if (finding) onFinding(finding)
  }
}

const missing = ({ absPath, cid }: KnownContent): Finding => ({
  path: absPath,
  cid,
  reason: 'missing',
  blockCount: 0,
  blocks: [],
})
