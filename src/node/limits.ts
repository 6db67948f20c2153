import type { LimitRates } from '../transfer/limits/transfer-limits.ts'
import type { NodeConfig } from './settings.ts'

/** What the settings say of rates. */
export function limitRates(config: NodeConfig): LimitRates {
  return {
    upload: {
      all: config.uploadLimit,
      perPeer: config.uploadLimitPerPeer,
      lan: config.uploadLimitLan,
      includeLan: config.limitsIncludeLan,
    },
    download: {
      all: config.downloadLimit,
      perPeer: config.downloadLimitPerPeer,
      lan: config.downloadLimitLan,
      includeLan: config.limitsIncludeLan,
    },
  }
}
