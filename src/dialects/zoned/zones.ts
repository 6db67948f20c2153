import { createHash } from 'node:crypto'
import { ShoalError } from '../../base/errors.ts'
import { type Random, randomInt } from '../../base/random.ts'

/** How places are divided: zone i of 1 to `numberOfZones` has the key `i * zoneSize` and the places below it, down to the key before. */
export interface Layout {
  readonly networkSize: number
  readonly numberOfZones: number
  readonly zoneSize: number
}

const MAX_NETWORK_SIZE = 4096
const LEAST_ZONE_SIZE = 6

/**
 * @param networkSize places in all, 1 to 4,096
 * @param numberOfZones a divisor of it; undefined: as many as there are when a zone's size is the smallest divisor that is at least 6
 * @throws ShoalError INVALID_CONFIG
 */
export function layoutOf(networkSize: number, numberOfZones?: number): Layout {
  if (!Number.isInteger(networkSize) || networkSize < 1 || networkSize > MAX_NETWORK_SIZE)
    throw new ShoalError('INVALID_CONFIG', `networkSize has to be a number from 1 to ${MAX_NETWORK_SIZE}.`)
  let zoneSize = Math.min(LEAST_ZONE_SIZE, networkSize)
  if (numberOfZones === undefined) while (networkSize % zoneSize !== 0) zoneSize++
  else zoneSize = networkSize / numberOfZones
  if (!Number.isInteger(zoneSize) || zoneSize < 1)
    throw new ShoalError('INVALID_CONFIG', `numberOfZones has to divide networkSize, ${networkSize}.`)
  return { networkSize, numberOfZones: networkSize / zoneSize, zoneSize }
}

/** The place that a name leads to: its SHA-256 as one number, modulo the size of the network. */
export function placeOf(fileName: string, { networkSize }: Layout): number {
  const digest = createHash('sha256').update(fileName).digest('hex')
  return Number(BigInt(`0x${digest}`) % BigInt(networkSize))
}

/** Key of the zone that a place is in. */
export const zoneOf = (place: number, { zoneSize }: Layout): number =>
  (Math.floor(place / zoneSize) + 1) * zoneSize

/** The places of a zone, in order; none when no zone has this key. */
export function placesOf(zone: number, { networkSize, zoneSize }: Layout): number[] {
  if (zone <= 0 || zone > networkSize || zone % zoneSize !== 0) return []
  return Array.from({ length: zoneSize }, (_, i) => zone - zoneSize + i)
}

/** The place of a newcomer: the lowest of the first zone without anybody, else of a random one with room. Undefined when all are taken. */
export function freePlace(layout: Layout, random: Random, isTaken: (place: number) => boolean) {
  const zones = Array.from({ length: layout.numberOfZones }, (_, i) =>
    placesOf((i + 1) * layout.zoneSize, layout).filter((place) => !isTaken(place)),
  )
  const open = zones.filter((free) => free.length > 0)
  const free = zones.find(({ length }) => length === layout.zoneSize) ?? open[randomInt(random, open.length)]
  return free?.[0]
}
