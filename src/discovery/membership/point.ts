import { hash } from 'node:crypto'

/** Most bits that a zone's name can have; a bucket has this many. */
export const MAX_ZONE_BITS = 12

/** The first 32 bits of SHA-256 of the text (UTF-8), as an unsigned number: where a PeerId or a key lies. */
export function pointOf(text: string): number {
  return hash('sha256', text, 'buffer').readUInt32BE(0)
}

/** The name of the zone of `bits` leading bits in which `point` lies: those bits behind a leading 1. 1 is the whole network. */
export function labelOf(point: number, bits: number): number {
  return bits === 0 ? 1 : (1 << bits) | (point >>> (32 - bits))
}

/** Bits that a label names. */
export function bitsOf(label: number): number {
  return 31 - Math.clz32(label)
}

/** The label with the last bit turned over; the whole network has no sibling and answers 0. */
export function siblingOf(label: number): number {
  return label <= 1 ? 0 : label ^ 1
}

/** The label with one bit less; 1 for the whole network. */
export function parentOf(label: number): number {
  return label <= 1 ? 1 : label >>> 1
}

/** Whether `point` lies in the zone. */
export function inZone(point: number, label: number): boolean {
  return labelOf(point, bitsOf(label)) === label
}

/** Leading bits that two points share, 0 to 32. */
export function commonPrefix(a: number, b: number): number {
  return Math.clz32(a ^ b)
}

/** The zone's bits as text: `0110`, empty for the whole network. */
export function zoneText(label: number): string {
  return label.toString(2).slice(1)
}

/** The least point of the zone. */
export function firstPoint(label: number): number {
  const bits = bitsOf(label)
  return bits === 0 ? 0 : ((label ^ (1 << bits)) << (32 - bits)) >>> 0
}
