import type { IconName } from './ui/icon.tsx'

/** What files are, for people: by the ending of their name, which proves nothing. */
export const KINDS = ['folder', 'video', 'audio', 'image', 'text', 'archive', 'other'] as const
export type Kind = (typeof KINDS)[number]

export const KIND_LABELS: Readonly<Record<Kind, string>> = {
  folder: 'Folders',
  video: 'Video',
  audio: 'Audio',
  image: 'Images',
  text: 'Documents',
  archive: 'Archives',
  other: 'Other',
}

export const KIND_ICONS: Readonly<Record<Kind, IconName>> = {
  folder: 'folder',
  video: 'video',
  audio: 'audio',
  image: 'image',
  text: 'text',
  archive: 'archive',
  other: 'file',
}

const ENDINGS: Readonly<Record<Exclude<Kind, 'folder' | 'other'>, string>> = {
  video: 'mp4 m4v mkv webm mov avi mpg mpeg ogv ts wmv flv 3gp',
  audio: 'mp3 flac ogg oga opus m4a aac wav wma aiff aif mid midi ape',
  image: 'jpg jpeg png gif webp avif svg bmp ico tif tiff heic heif jxl raw cr2 nef dng psd',
  text: 'pdf txt md epub doc docx odt rtf html htm tex csv tsv json xml yaml yml log ods xls xlsx odp ppt pptx djvu mobi srt vtt toml ini conf',
  archive: 'zip tar gz tgz bz2 xz zst 7z rar iso img dmg deb rpm apk jar cab lz lz4 br',
}

const BY_ENDING = new Map<string, Kind>(
  Object.entries(ENDINGS).flatMap(([kind, endings]) =>
    endings.split(' ').map((end) => [end, kind as Kind] as const),
  ),
)

export function kindOf({ name, kind }: { name: string; kind: 'file' | 'folder' }): Kind {
  return kind === 'folder' ? 'folder' : (BY_ENDING.get(endingOf(name)) ?? 'other')
}

/** Behind the last dot, lower case; empty when there is none. */
export function endingOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot <= 0 ? '' : name.slice(dot + 1).toLowerCase()
}

/** How a file can be looked at in the page while it is fetched; undefined when it cannot. */
export type Preview = 'image' | 'audio' | 'video' | 'text' | 'pdf'

const PREVIEWS: Readonly<Record<Preview, string>> = {
  image: 'jpg jpeg png gif webp avif svg bmp ico',
  audio: 'mp3 flac ogg oga opus m4a aac wav',
  video: 'mp4 m4v webm ogv mov',
  text: 'txt md csv tsv json xml yaml yml log html htm tex srt vtt toml ini conf js ts py c h rs go java sh css',
  pdf: 'pdf',
}

export function previewOf({ name, kind }: { name: string; kind: 'file' | 'folder' }): Preview | undefined {
  if (kind === 'folder') return undefined
  const end = endingOf(name)
  return (Object.keys(PREVIEWS) as Preview[]).find((each) => PREVIEWS[each].split(' ').includes(end))
}
