import type { DescMethod } from '@bufbuild/protobuf'
import type { Span, Tracing } from '../base/tracing.ts'
import { methodPath } from './rpc.ts'

export interface TracedCall {
  readonly method: DescMethod
  readonly kind: 'server' | 'client'
}

/** A span of a call. Names after https://opentelemetry.io/docs/specs/semconv/rpc/grpc/. Nothing of a trace goes to the other side. */
export function startCall(tracing: Tracing, { method, kind }: TracedCall): Span {
  const name = methodPath(method).slice(1)
  return tracing.start(name, {
    kind,
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': method.parent.typeName,
      'rpc.method': method.name,
    },
  })
}

/** Runs `call`, and what it does is part of its span. */
export async function traceCall<T>(tracing: Tracing, of: TracedCall, call: () => Promise<T>): Promise<T> {
  const span = startCall(tracing, of)
  try {
    return await tracing.run(span, call)
  } catch (error) {
    span.fail(error)
    throw error
  } finally {
    span.end()
  }
}

/** The same for a call with many responses, as long as they are read. */
export async function* traceStream<T>(
  tracing: Tracing,
  of: TracedCall,
  call: () => AsyncGenerator<T, void, undefined>,
): AsyncGenerator<T, void, undefined> {
  const span = startCall(tracing, of)
  try {
    yield* tracing.run(span, call)
  } catch (error) {
    span.fail(error)
    throw error
  } finally {
    span.end()
  }
}
