import { ShoalError } from '../../base/errors.ts'
import type { NodeService } from '../../contract/gen/shoal/v1/node_pb.ts'
import type { CallContext, ServiceImpl } from '../../link/rpc.ts'
import type { NodePort } from '../node-port.ts'
import { parseTarget } from '../requests/target.ts'
import { wishOf } from '../requests/wish-request.ts'
import { downloadToWire } from './control-wire.ts'
import { wishToWire } from './control-wishes.ts'

/** One thing by what names it, and the checks of the node. @param admit throws for callers who may not ask */
export function singleHandlers(
  port: NodePort,
  admit: (context: CallContext) => void,
): Pick<ServiceImpl<typeof NodeService>, 'getDownload' | 'getWish' | 'findTarget' | 'getDoctor'> {
  const { downloads, wishes } = port
  return {
    async getDownload({ id }, context) {
      admit(context)
      const view = downloads.get(id)
      if (!view) throw new ShoalError('NOT_FOUND', 'There is no download with this id.')
      return downloadToWire(view)
    },

    async getWish({ id }, context) {
      admit(context)
      return wishToWire(wishOf(wishes.get(id)))
    },

    async findTarget({ target }, context) {
      admit(context)
      const { cid, name = '' } = await downloads.find(parseTarget(target), context.signal)
      return { cid, name }
    },

    async getDoctor(_request, context) {
      admit(context)
      const checks = await port.doctor(context.signal)
      return {
        checks: checks.map(({ id, status, title, detail, fix }) => ({ id, status, title, detail, fix })),
      }
    },
  }
}
