import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ShoalError } from '../base/errors.ts'

/**
 * Holds a data folder for this process: two nodes on one folder would spoil each other's files. The lock is SQLite's
 * exclusive lock on the file `lock`, which the operating system drops when the process ends, however it ends.
 *
 * @returns a function that gives the folder free
 * @throws ShoalError CONFLICT when another process holds it
 */
export function lockDataFolder(folder: string): () => void {
  const database = new DatabaseSync(join(folder, 'lock'))
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    // SQLITE_BUSY (5): https://sqlite.org/rescode.html#busy
    if ((error as { errcode?: number }).errcode !== 5) throw error
    throw new ShoalError(
      'CONFLICT',
      `Another process already runs on the data folder ${folder}. Stop it, or give this one another folder with --data.`,
      { cause: error },
    )
  }
  return () => database.close()
}
