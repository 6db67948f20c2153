import type { MenuEntry } from './context.ts'
import { downloads } from './entries/downloads.ts'
import { get } from './entries/get.ts'
import { library } from './entries/library.ts'
import { link } from './entries/link.ts'
import { peers } from './entries/peers.ts'
import { push } from './entries/push.ts'
import { search } from './entries/search.ts'
import { share } from './entries/share.ts'
import { status } from './entries/status.ts'
import { web } from './entries/web.ts'

/** The menu, from top to bottom. */
export const ENTRIES: readonly MenuEntry[] = [
  share,
  search,
  get,
  library,
  push,
  link,
  downloads,
  peers,
  status,
  web,
]
