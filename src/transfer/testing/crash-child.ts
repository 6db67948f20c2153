import { join } from 'node:path'
import { systemClock } from '../../base/clock.ts'
import { silentLogger } from '../../base/log.ts'
import { systemRandom } from '../../base/random.ts'
import { loadIdentity } from '../../link/identity.ts'
import { LinkPool } from '../../link/pool.ts'
import { openStateDatabase } from '../../storage/state-database.ts'
import { DownloadManager } from '../downloads.ts'
import type { Provider } from '../ports.ts'
import { plainIngestor } from './world.ts'

/** A fetching process for crash.test.ts, which kills it: FOLDER CID PROVIDERS(JSON). Prints how many bytes it has, and `done`. */
const [folder, cid, providers] = process.argv.slice(2) as [string, string, string]
const log = silentLogger
const clock = systemClock
const random = systemRandom
const identity = await loadIdentity(join(folder, 'data'))
const pool = new LinkPool({ identity, log, clock, random })
const { downloads: store } = openStateDatabase(join(folder, 'state.db'), { log, clock })
const downloads = new DownloadManager({
  pool,
  providers: async function* () {
    yield* JSON.parse(providers) as Provider[]
  },
  store,
  ingestor: plainIngestor,
  downloadsFolder: () => join(folder, 'downloads'),
  clock,
  random,
  log,
  options: { progressMs: 5, retryBaseMs: 50, lookupHurryMs: 50 },
  onFinished: () => {},
})
// No timer of the transfer keeps a process alive; a node has its servers for that.
setInterval(() => {}, 60_000)
downloads.start()
const { id } = downloads.list()[0] ?? (await downloads.add({ cid, name: 'file.bin' }))
for await (const view of downloads.watch(id, new AbortController().signal)) {
  process.stdout.write(`${view.doneBytes}\n`)
  if (view.state === 'failed') process.stdout.write(`${JSON.stringify(view.error)}\n`)
  if (view.state === 'done') process.stdout.write('done\n')
}
// Which waits until everything is shared.
await downloads.stop()
process.exit(0)
