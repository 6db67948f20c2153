import { createHash } from 'node:crypto'
import type { Signer, Verify } from '../src/discovery/membership/ports.ts'
import { peerIdFromPublicKey } from '../src/link/peer-id.ts'

/** PeerIds without keys, and signatures that are checksums: a simulation of ten thousand nodes signs millions of times. */

const SIGNATURE_BYTES = 64

/** The PeerId of node `index` in the world of `seed`. */
export function labPeerId(seed: number, index: number): string {
  return peerIdFromPublicKey(createHash('sha256').update(`lab ${seed} ${index}`).digest())
}

/** Signs with a checksum (FNV-1a) over PeerId and bytes. */
export function labSigner(peerId: string): Signer {
  return { peerId, sign: (bytes) => signatureOf(peerId, bytes) }
}

/** True when {@link labSigner} of that peer made it. */
export const labVerify: Verify = (peerId, bytes, signature) => {
  if (signature.length !== SIGNATURE_BYTES) return false
  const right = signatureOf(peerId, bytes)
  return (
    right[0] === signature[0] &&
    right[1] === signature[1] &&
    right[2] === signature[2] &&
    right[3] === signature[3]
  )
}

function signatureOf(peerId: string, bytes: Uint8Array): Uint8Array {
  let hash = 0x811c9dc5
  for (let i = 0; i < peerId.length; i++) hash = Math.imul(hash ^ peerId.charCodeAt(i), 0x01000193)
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  // From Node's pool: a buffer of its own for each would take three times the room.
  const signature = Buffer.allocUnsafe(SIGNATURE_BYTES).fill(0)
  signature.writeUInt32BE(hash >>> 0)
  return signature
}
