import { type Routes, rest } from '../common/rest.ts'
import { given, hostOf, nameOf, portOf, reader, wholeOf } from '../common/values.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { Central, DEFAULT_NEIGHBOUR_OPTIONS, type NeighbourOptions } from './central.ts'

/** A central server that gives each peer a neighbour to talk through, and a peer of it: only names move. */
export function neighbourDialect(context: DialectContext, options: Partial<NeighbourOptions> = {}): Dialect {
  const central = new Central(context, { ...DEFAULT_NEIGHBOUR_OPTIONS, ...options })
  return {
    name: 'neighbour',
    http: (app) => rest(app, { refusal: (message) => ({ message }), log: context.log }, routesOf(central)),
    start: (where) => central.start(where),
    stop: () => central.peers.work.stop(),
    view: () => central.view(),
  }
}

const LOGIN = reader({ ip: hostOf, port: portOf })
const ID = reader({ id: wholeOf })
const UPLOAD = reader({ idUploader: wholeOf, fileName: nameOf })
const SAVED = reader({ fileName: nameOf })
const SELECTED = reader({ selectedFile: nameOf })
/** Whatever is no name is one that nobody has. */
const DOWNLOAD = reader({ selectedFile: (value) => nameOf(value) ?? '' })

/** Calls of the central server, and those by which a peer passes them on to it: this node is both. */
const routesOf =
  (central: Central): Routes =>
  (scope, post) => {
    for (const path of ['/sendFiles', '/askForFiles'])
      scope.get(path, async () => ({ message: 'Files', filesList: central.files() }))
    post('/login', LOGIN, ({ ip: host, port }) => {
      const peer = central.login({ host, port })
      const neighbour = central.neighbourOf(peer)
      return { message: neighbour ? 'Neighbour assigned' : 'Waiting for a neighbour', id: peer.id, neighbour }
    })
    post(['/logout', '/notifyLogout'], ID, ({ id }) => {
      central.leave(central.peer(id))
      return { message: `Peer [${id}] left` }
    })
    post(['/checkClientNeighbour', '/checkNeighbour'], ID, ({ id }) => {
      const neighbourURL = central.neighbourOf(central.peer(id))
      return { message: neighbourURL ? 'Neighbour' : 'Waiting for a neighbour', neighbourURL }
    })
    post(['/upload', '/fileToUpload'], UPLOAD, async ({ idUploader, fileName }) => ({
      message: `File saved: ${await central.upload(central.peer(idUploader), fileName)}`,
    }))
    post(['/sendFileOwner', '/searchFileOwner'], SELECTED, async ({ selectedFile }) => ({
      ...{ message: 'Owner found', ownerURL: await central.ownerOf(selectedFile) },
    }))
    post('/saveFile', SAVED, ({ fileName }) => ({ message: `File saved: ${central.hold(fileName, 'here')}` }))
    post('/download', DOWNLOAD, async ({ selectedFile: name }) => {
      given((await central.isHere(name)) || undefined, 'NOT_FOUND', 'There is no file of this name here.')
      return { message: `${name} downloaded` }
    })
  }
