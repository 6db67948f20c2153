import type { Dht } from '../../fabric/dht/dht.ts'

/** The DHT as a locator sees it. */
export type LocatorDht = Pick<Dht, 'size' | 'knownClosest' | 'providers' | 'provide' | 'forget' | 'changes'>
