/** What of a drop is used: browsers give the files of it, and of folders only their names. */
export interface Dropped<F> {
  readonly files: F[]
  readonly folders: string[]
}

/** The part of a `DataTransferItem` that is read. */
export interface DroppedItem<F> {
  readonly kind: string
  webkitGetAsEntry(): { readonly isDirectory: boolean; readonly name: string } | null
  getAsFile(): F | null
}

/** Parts files and folders. Read at once: the browser takes the items away after the event. */
export function droppedOf<F>(items: Iterable<DroppedItem<F>>): Dropped<F> {
  const files: F[] = []
  const folders: string[] = []
  for (const item of items) {
    if (item.kind !== 'file') continue
    const entry = item.webkitGetAsEntry()
    const file = entry?.isDirectory ? null : item.getAsFile()
    if (entry?.isDirectory) folders.push(entry.name)
    else if (file) files.push(file)
  }
  return { files, folders }
}
