/** Script of the page at /. What the node says goes into the page as text only, never as markup. */
export const PAGE_SCRIPT = `const REFRESH_MS = 2000
const SHOWN_DOWNLOADS = 10

function show(id, text) {
  const field = document.getElementById(id)
  if (field.textContent !== text) field.textContent = text
}

function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  let unit = 0
  while (bytes >= 1024 && unit < units.length - 1) {
    bytes /= 1024
    unit++
  }
  return (unit === 0 ? Math.round(bytes) : bytes.toFixed(bytes < 10 ? 2 : bytes < 100 ? 1 : 0)) + ' ' + units[unit]
}

function duration(ms) {
  const minutes = Math.floor(ms / 60000)
  if (minutes < 1) return Math.floor(ms / 1000) + ' s'
  if (minutes < 60) return minutes + ' min'
  const hours = Math.floor(minutes / 60)
  return hours < 48 ? hours + ' h ' + (minutes % 60) + ' min' : Math.floor(hours / 24) + ' d'
}

function line(download) {
  const { name, state, doneBytes, sizeBytes, rateBytesPerSecond } = download
  const amount = sizeBytes > 0 ? size(doneBytes) + ' of ' + size(sizeBytes) : size(doneBytes)
  const rate = state === 'running' ? ', ' + size(rateBytesPerSecond) + '/s' : ''
  return name + ': ' + state + ', ' + amount + rate
}

function showStatus(status) {
  const { library, uploads, downloads } = status
  document.title = status.name + ' – Shoal'
  show('name', status.name)
  show('peer-id', status.peerId)
  show('version', status.version)
  show('uptime', duration(status.uptimeMs))
  show('files', library.files.toLocaleString())
  show('folders', library.folders.toLocaleString())
  show('size', size(library.sizeBytes))
  const { hashing } = library
  show('hashing', hashing ? hashing.files + ' files, ' + size(hashing.bytesDone) + ' of ' + size(hashing.bytesTotal) : 'nothing')
  const { network } = status
  show('peers', status.peers + (network ? ', ' + network.neighbours + ' of them neighbours' : ''))
  show('locators', Object.keys(status.locators).join(', ') || 'none')
  show('uploads', uploads.active + ' running, ' + uploads.queued + ' waiting, ' + uploads.slots + ' slots')
  show('downloads', downloads.active + ' running')
}

function showDownloads(downloads) {
  const list = document.getElementById('list')
  const lines = downloads.slice(0, SHOWN_DOWNLOADS).map(line)
  const items = (lines.length > 0 ? lines : ['none']).map((text) => {
    const item = document.createElement('li')
    item.textContent = text
    return item
  })
  list.replaceChildren(...items)
}

async function read(path) {
  const response = await fetch(path)
  if (!response.ok) throw new Error(path + ' answered ' + response.status)
  return response.json()
}

async function refresh() {
  const state = document.getElementById('state')
  try {
    const [status, { downloads }] = await Promise.all([read('/api/v1/status'), read('/api/v1/downloads')])
    showStatus(status)
    showDownloads(downloads)
    show('state', 'Running')
    state.classList.remove('bad')
  } catch (error) {
    show('state', 'No answer: ' + error.message)
    state.classList.add('bad')
  }
}

async function run() {
  if (!document.hidden) await refresh()
  setTimeout(run, REFRESH_MS)
}

document.addEventListener('visibilitychange', () => {
  if (!document.hidden) refresh()
})
run()
`
