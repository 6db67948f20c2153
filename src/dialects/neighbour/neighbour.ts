import type { FastifyInstance } from 'fastify'
import { ShoalError } from '../../base/errors.ts'
import type { Dialect, DialectContext } from '../dialect.ts'
import { given, inWordsOf } from '../rest/errors.ts'
import { fieldsOf, hostOf, nameOf, portOf } from '../rest/values.ts'
import { Central, DEFAULT_NEIGHBOUR_OPTIONS, type NeighbourOptions } from './central.ts'

/** A central server that gives each peer a neighbour to talk through, and a peer of it: only names move. */
export function neighbourDialect(context: DialectContext, options: Partial<NeighbourOptions> = {}): Dialect {
  const central = new Central(context, { ...DEFAULT_NEIGHBOUR_OPTIONS, ...options })
  return {
    name: 'neighbour',
    http: (app) =>
      void app.register(async (scope) => {
        inWordsOf(scope, (message) => ({ message }))
        routes(scope, central)
      }),
    start: (where) => central.start(where),
    stop: () => central.stop(),
    view: () => central.view(),
  }
}

/** Calls of the central server, and those by which a peer passes them on to it: this node is both. */
function routes(scope: FastifyInstance, central: Central): void {
  const post = (paths: string[], answer: (body: ReturnType<typeof fieldsOf>) => object | Promise<object>) => {
    for (const path of paths) scope.post(path, async ({ body }) => answer(fieldsOf(body)))
  }
  for (const path of ['/sendFiles', '/askForFiles'])
    scope.get(path, async () => ({ message: 'Files', filesList: central.files() }))
  post(['/login'], ({ ip, port }) => {
    const peer = central.login(given(hostOf(ip), 'Send ip.'), given(portOf(port), 'Send port.'))
    const neighbour = central.neighbourOf(peer)
    return { message: neighbour ? 'Neighbour assigned' : 'Waiting for a neighbour', id: peer.id, neighbour }
  })
  post(['/logout', '/notifyLogout'], ({ id }) => {
    const peer = central.peer(id)
    central.leave(peer)
    return { message: `Peer [${peer.id}] left` }
  })
  post(['/checkClientNeighbour', '/checkNeighbour'], ({ id }) => {
    const neighbourURL = central.neighbourOf(central.peer(id))
    return { message: neighbourURL ? 'Neighbour' : 'Waiting for a neighbour', neighbourURL }
  })
  post(['/upload', '/fileToUpload'], async ({ idUploader, fileName }) => {
    const holder = await central.upload(central.peer(idUploader), readName(fileName))
    return { message: holder === 'here' ? 'File saved at this node' : `File saved at peer [${holder}]` }
  })
  post(['/sendFileOwner', '/searchFileOwner'], async ({ selectedFile }) => {
    return { message: 'Owner found', ownerURL: await central.ownerOf(readName(selectedFile)) }
  })
  post(['/saveFile'], ({ fileName }) => {
    central.hold(readName(fileName), 'here')
    return { message: 'File saved' }
  })
  post(['/download'], async ({ selectedFile }) => {
    const name = nameOf(selectedFile)
    if (name && (await central.isHere(name))) return { message: `${name} downloaded` }
    throw new ShoalError('NOT_FOUND', 'There is no file of this name here.')
  })
}

const readName = (value: unknown): string =>
  given(nameOf(value), 'Send the name of a file, of at most 255 characters.')
