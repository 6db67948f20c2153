import { CID } from 'multiformats/cid'
import { carHeader } from '../../content/car.ts'
import type { ContentAddress } from './address.ts'
import { fileEtag, rawEtag } from './etag.ts'
import { carType, RAW_TYPE } from './format.ts'
import { binaryHeaders, fileHeaders } from './headers.ts'
import type { GatewayRequest } from './request.ts'
import { type Answer, single } from './send.ts'

/**
 * The CID that carries its own content, none: clients ask for it to see whether a gateway is there.
 * https://specs.ipfs.tech/http-gateways/trustless-gateway/#dedicated-probe-paths
 */
const PROBE = 'bafkqaaa'

/** True for the address of the probe. No other identity CID is served. */
export function isProbe({ cid, segments }: ContentAddress): boolean {
  return cid === PROBE && segments.length === 0
}

export function probeAnswer({ format, naming, isHead }: GatewayRequest): Answer {
  switch (format.kind) {
    case 'raw': {
      const headers = { ...binaryHeaders(RAW_TYPE, naming, `${PROBE}.bin`), etag: rawEtag(PROBE) }
      return { status: 200, headers: { ...headers, 'content-length': 0 } }
    }
    case 'car': {
      const car = carHeader(CID.parse(PROBE).bytes)
      const headers = {
        ...binaryHeaders(carType(format), naming, `${PROBE}.car`),
        'content-length': car.length,
      }
      return { status: 200, headers, body: isHead ? undefined : single(car) }
    }
    case 'unixfs': {
      const headers = {
        ...fileHeaders('text/plain; charset=utf-8', naming, undefined),
        etag: fileEtag(PROBE),
      }
      return { status: 200, headers: { ...headers, 'content-length': 0 } }
    }
  }
}
