import type { CallBacks } from '../dialect.ts'
import { isLoopback } from '../hosts.ts'

/**
 * Whether this address is called because somebody at `caller` said so: who calls from there, or one that may be called anyway. This machine is meant only by
 * those who are on it: nobody else makes the node send to what listens here.
 */
export const mayCallFor = (caller: string, host: string, calls: Pick<CallBacks, 'mayCall'>): boolean =>
  host === caller || (calls.mayCall(host) && (!isLoopback(host) || isLoopback(caller)))
