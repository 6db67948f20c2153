import { existsSync } from 'node:fs'
import { toShoalError } from '../../../base/errors.ts'
import { silentLogger } from '../../../base/log.ts'
import type { Environment } from '../../../base/paths.ts'
import { parseIndexAddress } from '../../../discovery/index/address.ts'
import { LOCATOR_NAMES } from '../../../discovery/locator.ts'
import { isMultiaddr, parseAddress } from '../../../link/address.ts'
import type { ConfigSource } from '../../config.ts'
import { ConfigStore } from '../../config-store.ts'
import { checkDiscovery, checkPeers } from '../../process.ts'
import { type NodeConfig, NodeSettings } from '../../settings.ts'
import { checkOf, type DoctorCheck } from '../check.ts'

/** The configuration as a node would read it. */
export interface ConfigFacts {
  readonly path: string
  readonly exists: boolean
  /** What is wrong with it; undefined when nothing is. */
  readonly problem: string | undefined
}

/** The settings in force, and where each comes from. */
export interface Settings {
  readonly config: NodeConfig
  readonly sources: Readonly<Record<string, ConfigSource>>
}

/** Reads config.json and the environment as a node does at its start. `settings` is undefined when they cannot be used. */
export function readConfig(path: string, env: Environment): { facts: ConfigFacts; settings?: Settings } {
  const exists = existsSync(path)
  try {
    const schema = NodeSettings
    const store = new ConfigStore<NodeConfig>({ schema, path, flags: {}, env: { ...env }, log: silentLogger })
    const { current: config, sources } = store
    checkDiscovery(config.discovery, LOCATOR_NAMES)
    checkPeers(config.peers)
    for (const address of config.announce) if (!isMultiaddr(address)) parseAddress(address)
    for (const server of config.index) parseIndexAddress(server)
    return { facts: { path, exists, problem: undefined }, settings: { config, sources } }
  } catch (error) {
    return { facts: { path, exists, problem: toShoalError(error).message } }
  }
}

export function configCheck({ path, exists, problem }: ConfigFacts): DoctorCheck {
  const { ok, broken } = checkOf('config', 'Configuration')
  if (problem !== undefined)
    return broken(
      problem,
      `Correct it in ${path}, or in the environment variable that is named; docs/CONFIG.md tells what each setting may be.`,
    )
  return ok(exists ? `${path} is valid.` : `There is no ${path}; the defaults hold.`)
}
