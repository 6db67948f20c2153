/** A system whose clients the node serves. */
export interface DialectView {
  readonly name: string
  /** HOST:PORT that its clients call. */
  readonly address: string
  /** HOST:PORT of its gRPC, when that is another one. */
  readonly grpcAddress?: string
  /** Calls since the start by what became of them. */
  readonly calls: { readonly ok: number; readonly refused: number; readonly failed: number }
  /** What it tells of itself; JSON values only. */
  readonly state: Readonly<Record<string, unknown>>
}
