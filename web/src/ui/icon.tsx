/** Strokes on a grid of 24, drawn for this page. */
const PATHS = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM20 20l-4.9-4.9',
  transfers: 'M7 4v13m0 0-3.5-3.5M7 17l3.5-3.5M17 20V7m0 0-3.5 3.5M17 7l3.5 3.5',
  library:
    'M4 6.5A1.5 1.5 0 0 1 5.5 5H10l2 2.5h6.5A1.5 1.5 0 0 1 20 9v8.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5z',
  network:
    'M12 7.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM5.5 19.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm13 0a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM11 7.3 6.5 15.7m6.5-8.4 4.5 8.4M7.5 17.5h9',
  stats: 'M4 20h16M7 17v-5m5 5V6m5 11v-8',
  copies: 'M12 3.5 5 6v6c0 4.2 3 7 7 8.5 4-1.5 7-4.3 7-8.5V6zM9 12l2.2 2.2L15.2 10',
  pin: 'M9 4h6l-1 6 3 3.5H7L10 10zM12 13.5V20',
  wish: 'm12 4 2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.7 9.6 9z',
  settings: 'M4 7h9m4 0h3M4 17h3m4 0h9M15 5v4M9 15v4',
  get: 'M12 4v11m0 0-4-4m4 4 4-4M5 20h14',
  pause: 'M8.5 5v14m7-14v14',
  play: 'M7.5 5v14l11-7z',
  close: 'm6 6 12 12M18 6 6 18',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.3l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3A4 4 0 0 0 11 18.7l1-1',
  copy: 'M9 9h10v11H9zM15 9V4H5v11h4',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 14.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4z',
  plus: 'M12 5v14M5 12h14',
  bin: 'M5 7h14M10 7V4.5h4V7m-7.5 0 .8 12.5h9.4L17.5 7M10 11v5m4-5v5',
  folder:
    'M4 6.5A1.5 1.5 0 0 1 5.5 5H10l2 2.5h6.5A1.5 1.5 0 0 1 20 9v8.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 17.5z',
  file: 'M6.5 3.5H14l4 4v13H6.5zM14 3.5v4h4',
  image: 'M4 5h16v14H4zm0 11 4.5-4.5 4 4 3-3L20 17M15 10.2a1.2 1.2 0 1 0 0-2.4 1.2 1.2 0 0 0 0 2.4z',
  audio:
    'M9 18V6l10-2v12M9 18a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zm10-2a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z',
  video: 'M4 6h11v12H4zm11 4.5 5-3v9l-5-3z',
  archive: 'M4 5h16v4H4zm1.5 4v10.5h13V9M10 13h4',
  text: 'M6.5 3.5H14l4 4v13H6.5zM14 3.5v4h4M9 12h6m-6 4h6',
  check: 'm5 12.5 4.5 4.5L19 7.5',
  warning: 'M12 4 2.5 20h19zM12 10v4.5m0 2.5v.5',
  again: 'M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.4M20 4v5.4h-5.4',
  out: 'M13 5h6v6M19 5l-8.5 8.5M17 14v5H5V7h5',
  people:
    'M9 11a3.2 3.2 0 1 0 0-6.4A3.2 3.2 0 0 0 9 11zM3 19.5c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M15.5 4.9a3.2 3.2 0 0 1 0 5.8M17.5 14.5c2.2.8 3.5 2.6 3.5 5',
  send: 'M12 16V5m0 0L8 9m4-4 4 4M5 20h14',
  stop: 'M7 7h10v10H7z',
  up: 'm6 15 6-6 6 6',
  down: 'm6 9 6 6 6-6',
} as const

export type IconName = keyof typeof PATHS

/** A picture beside words, or alone in a button that has a label: it tells nothing by itself. */
export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  )
}
