import type { ErrorCode } from '../../base/errors.ts'

/** What the document says about an operation beside its schemas. */
export interface OperationFacts {
  /** `operationId`: the name of the gRPC method where there is one that does the same. */
  readonly id: string
  /** What it fails with by itself; what its parts fail with follows from {@link usualCodes}. */
  readonly codes?: readonly ErrorCode[]
  /** Of what changes something: what the same request does a second time. */
  readonly again?: string
  /** A whole answer; of a stream, some of its lines by name. */
  readonly example?: unknown
}

/** By method and path, such as `GET /api/v1/downloads/{id}`. */
export type OperationTable = Readonly<Record<string, OperationFacts>>

/** What an operation has, as far as failures follow from it. */
export interface OperationParts {
  readonly changes: boolean
  readonly needsToken: boolean
  /** In the path, where the router takes only so much. */
  readonly hasPathParameters: boolean
  /** Bodies of whatever type are streamed or taken as they are. */
  readonly takesAnyType: boolean
  readonly takesIfMatch: boolean
  readonly streams: boolean
}

/** What an operation fails with because of its parts, whatever it does. `always`: what all of the server's may. */
export function usualCodes(parts: OperationParts, always: readonly ErrorCode[]): ErrorCode[] {
  return [
    ...always,
    ...(parts.needsToken ? (['UNAUTHENTICATED'] as const) : []),
    ...(parts.hasPathParameters ? (['TOO_LARGE'] as const) : []),
    // Of a body, also of one where none is wanted.
    ...(parts.changes && !parts.takesAnyType ? (['TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE'] as const) : []),
    ...(parts.takesIfMatch ? (['PRECONDITION_FAILED'] as const) : []),
    ...(parts.streams ? (['BUSY', 'UNAVAILABLE'] as const) : []),
  ]
}
