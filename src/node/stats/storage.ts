import { stat } from 'node:fs/promises'
import type { StatsStorage } from '../../api/views/stats-view.ts'
import type { Catalogue } from '../../storage/catalogue.ts'
import type { DataFolder } from '../data-folder.ts'
import { readDisk } from '../doctor/local/read-folder.ts'

export interface StorageSetup {
  readonly folder: DataFolder
  readonly catalogue: Pick<Catalogue, 'totals'>
  readonly downloadsFolder: () => string
}

/** What is kept here, and how much room there is. */
export async function storageFacts({
  folder,
  catalogue,
  downloadsFolder,
}: StorageSetup): Promise<StatsStorage> {
  const { files, sizeBytes } = catalogue.totals()
  const [catalogueBytes, stateBytes, [data, downloads]] = await Promise.all([
    databaseBytes(folder.catalogue),
    databaseBytes(folder.state),
    readDisk([
      { what: 'data', path: folder.root },
      { what: 'downloads', path: downloadsFolder() },
    ]),
  ])
  return {
    ...{ libraryFiles: files, libraryBytes: sizeBytes, catalogueBytes, stateBytes },
    ...(downloads?.freeBytes !== undefined && { downloadsBytesLeft: downloads.freeBytes }),
    ...(data?.freeBytes !== undefined && { freeBytes: data.freeBytes }),
  }
}

/** A database of SQLite is a file and, while it is open, its log. */
async function databaseBytes(path: string): Promise<number> {
  const sizes = await Promise.all(
    [path, `${path}-wal`].map((each) =>
      stat(each).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}
