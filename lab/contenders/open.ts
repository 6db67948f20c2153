import type { Contender, ContenderSetup } from '../contender.ts'

/** The contender that `spec` names. Only its own code is loaded. */
export async function openContender(setup: ContenderSetup): Promise<Contender> {
  switch (setup.spec.contender) {
    case 'index':
      return (await import('./index.ts')).indexContender(setup)
    case 'flood':
      return (await import('./flood.ts')).floodContender(setup)
    case 'zone':
      return (await import('./zone.ts')).zoneContender(setup)
    case 'dht':
      return (await import('./dht.ts')).dhtContender(setup)
    case 'replicas':
      throw new Error('In a world of replicas nothing is searched for.')
  }
}
