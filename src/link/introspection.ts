import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Server, ServiceDefinition } from '@grpc/grpc-js'
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader'
import { ReflectionService } from '@grpc/reflection'
import { HealthImplementation, protoPath as healthProtoPath } from 'grpc-health-check'

/** Descriptors of the contract, beside the generated code in source and in the built package alike. */
const DESCRIPTORS = new URL('../contract/gen/descriptors.binpb', import.meta.url)
const HEALTH = 'grpc.health.v1.Health'

/**
 * Adds what lets tools look into a server: grpc.health.v1 and grpc.reflection v1 and v1alpha.
 *
 * @param services full names of the server's own services
 * @returns sets the health of all of them, and of the server as a whole (`''`)
 */
export function addIntrospection(server: Server, services: readonly string[]): (serving: boolean) => void {
  const names = ['', ...services]
  const health = new HealthImplementation(Object.fromEntries(names.map((name) => [name, 'SERVING' as const])))
  health.addToServer(server)
  addReflection(server, [...services, HEALTH])
  return (serving) => {
    for (const name of names) health.setStatus(name, serving ? 'SERVING' : 'NOT_SERVING')
  }
}

/** Reading the descriptors takes a tenth of a node's start, and hardly anybody ever asks: whoever asks first waits for it. */
function addReflection(server: Server, services: string[]): void {
  let described: Map<string, ReflectionHandler> | undefined
  const read = () => {
    described = new Map()
    const definitions = {
      ...loadFileDescriptorSetFromBuffer(readFileSync(fileURLToPath(DESCRIPTORS))),
      ...loadSync(healthProtoPath),
    }
    for (const { path, handler } of reflections(definitions, services)) described.set(path, handler)
    return described
  }
  for (const { path, definition } of reflections({}, []))
    server.addService(definition, {
      ServerReflectionInfo: paced((stream) => (described ?? read()).get(path)!(stream)),
    })
}

/** The versions of the reflection service over `definitions`. */
function reflections(definitions: PackageDefinition, services: string[]) {
  const found: { path: string; definition: ServiceDefinition; handler: ReflectionHandler }[] = []
  new ReflectionService(definitions, { services }).addToServer({
    addService: (definition, implementation) => {
      const handler = implementation.ServerReflectionInfo as ReflectionHandler
      found.push({ path: definition.ServerReflectionInfo!.path, definition, handler })
    },
  })
  return found
}

interface ReflectionStream {
  readonly writableNeedDrain: boolean
  on(event: 'data', listener: () => void): unknown
  once(event: 'drain', listener: () => void): unknown
  pause(): unknown
  resume(): unknown
}

type ReflectionHandler = (stream: ReflectionStream) => void

/**
 * The reflection service answers as fast as it is asked; a caller who asks and never reads would fill the
 * memory.
 */
function paced(handler: ReflectionHandler): ReflectionHandler {
  return (stream) => {
    handler(stream)
    stream.on('data', () => {
      if (!stream.writableNeedDrain) return
      stream.pause()
      stream.once('drain', () => stream.resume())
    })
  }
}
