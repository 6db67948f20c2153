import type { NodeService } from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import { LOG_PAGE } from '../routes/stats.ts'
import type { LogPageOptions, StatsPort } from '../views/stats-view.ts'
import { structOf } from './struct.ts'

type StatsMethods = Pick<ServiceImpl<typeof NodeService>, 'getStats' | 'listSearches' | 'listQueries'>

/** The figures and logs of the control service. @param admit throws for callers who may not ask */
export function statsHandlers(stats: StatsPort, admit: (context: CallContext) => void): StatsMethods {
  return {
    async getStats(_request, context) {
      admit(context)
      return { stats: structOf(await stats.view()) }
    },

    async listSearches(request, context) {
      admit(context)
      const { rows, cursor = '' } = stats.searches(pageOf(request))
      return { searches: rows.map(structOf), cursor }
    },

    async listQueries(request, context) {
      admit(context)
      const { rows, cursor = '' } = stats.queries(pageOf(request))
      return { queries: rows.map(structOf), cursor }
    },
  }
}

function pageOf({ limit, cursor }: { limit: number; cursor: string }): LogPageOptions {
  return {
    limit: Math.min(limit || LOG_PAGE.defaultLimit, LOG_PAGE.maxLimit),
    ...(cursor !== '' && { cursor }),
  }
}
