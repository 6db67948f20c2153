import { ShoalError } from '../base/errors.ts'
import { KIB } from '../base/units.ts'
import type { DownloadRecord } from '../storage/download-store.ts'

/**
 * What a folder says of its files counts their manifests too: 0.005 % for large files. Until the files are known, so much more is let pass.
 */
const FOLDER_SLACK = { share: 1 / 1000, bytes: 64 * KIB }

/** @param exact all files are known. @throws ShoalError TOO_LARGE when `sizeBytes` is more than the download may have */
export function checkSize(
  sizeBytes: number | undefined,
  { maxBytes, kind, cid }: Pick<DownloadRecord, 'maxBytes' | 'kind' | 'cid'>,
  { exact }: { exact: boolean },
): void {
  if (maxBytes === undefined || sizeBytes === undefined) return
  const slack = kind === 'folder' && !exact ? maxBytes * FOLDER_SLACK.share + FOLDER_SLACK.bytes : 0
  if (sizeBytes <= maxBytes + slack) return
  throw new ShoalError(
    'TOO_LARGE',
    `${cid} has ${sizeBytes} bytes, and may have ${maxBytes}: whoever offered it said less than it is.`,
  )
}
