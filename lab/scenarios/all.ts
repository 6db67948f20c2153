import type { Scenario } from '../scenario.ts'
import { churn } from './churn.ts'
import { compare } from './compare.ts'
import { dht } from './dht.ts'
import { failures } from './failures.ts'
import { join } from './join.ts'
import { loss } from './loss.ts'
import { nat } from './nat.ts'
import { partition } from './partition.ts'
import { replicas } from './replicas.ts'
import { ttl } from './ttl.ts'

/** All scenarios, in the order in which they are run. */
export const SCENARIOS: readonly Scenario[] = [
  compare,
  dht,
  ttl,
  failures,
  churn,
  join,
  nat,
  loss,
  partition,
  replicas,
]
