import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ManualClock } from '../base/clock.ts'
import { TransferLimits } from '../transfer/limits/transfer-limits.ts'
import { resolveConfig } from './config.ts'
import { limitRates } from './limits.ts'
import { type NodeConfig, NodeSettings } from './settings.ts'

test('each setting is the limit that its name says, both ways, and nothing is limited by default', () => {
  const limits = new TransferLimits(new ManualClock())
  const [far, near] = [false, true].map((isLan) => ({ peerId: 'p', isLan }))
  /** Upload and download of a far peer, then of a near one. */
  const rates = (file: Partial<NodeConfig>) => {
    limits.update(limitRates(resolveConfig<NodeConfig>(NodeSettings, { flags: {}, env: {}, file }).config))
    return [limits.upload(far!), limits.download(far!), limits.upload(near!), limits.download(near!)].map(
      (gate) => {
        using open = gate
        return open.rate()
      },
    )
  }
  const none = Number.POSITIVE_INFINITY
  const table: [Partial<NodeConfig>, number[]][] = [
    [{}, [none, none, none, none]],
    [{ uploadLimit: 5000 }, [5000, none, none, none]],
    [{ downloadLimit: 5000 }, [none, 5000, none, none]],
    [{ uploadLimit: 5000, uploadLimitPerPeer: 2000 }, [2000, none, none, none]],
    [{ downloadLimit: 5000, downloadLimitPerPeer: 7000 }, [none, 5000, none, none]],
    [{ uploadLimitLan: 9000, downloadLimitLan: 8000 }, [none, none, 9000, 8000]],
    [{ uploadLimit: 5000, uploadLimitLan: 9000, limitsIncludeLan: true }, [5000, none, 5000, none]],
    [{ downloadLimitPerPeer: 3000, limitsIncludeLan: true }, [none, 3000, none, 3000]],
  ]
  for (const [file, expected] of table) assert.deepEqual(rates(file), expected, JSON.stringify(file))
})
