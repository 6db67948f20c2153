import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface SlowProxyOptions {
  /** Where it leads: HOST:PORT. */
  target: string
  /** Bytes a second from the target to the caller. */
  rateBytesPerSecond: number
  /** Told of every piece that went to the caller, with the sum so far. */
  onDelivered?(totalBytes: number): void
}

export interface SlowProxy extends AsyncDisposable {
  readonly address: string
  /** Bytes that went from the target to callers. */
  readonly delivered: () => number
}

/** Pieces are this big at most: small ones make the rate even. */
const TICK_MS = 10

/** A TCP proxy on loopback that delivers at a bounded rate and counts: a slow line for processes that know of none. */
export async function slowProxy(options: SlowProxyOptions): Promise<SlowProxy> {
  const [host = '', port = ''] = options.target.split(':')
  const sockets = new Set<Socket>()
  let delivered = 0
  let budget = 0
  const waiting: (() => void)[] = []
  const perTick = (options.rateBytesPerSecond * TICK_MS) / 1000
  const timer = setInterval(() => {
    budget = Math.min(perTick * 4, budget + perTick)
    for (const go of waiting.splice(0)) go()
  }, TICK_MS)

  const server = createServer({ allowHalfOpen: true }, (caller) => {
    const target = connect(Number(port), host)
    for (const socket of [caller, target]) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        caller.destroy()
        target.destroy()
      })
    }
    caller.pipe(target)
    void deliver(target, caller).catch(() => caller.destroy())
  })

  async function deliver(from: Socket, to: Socket): Promise<void> {
    for await (const chunk of from) {
      for (let at = 0; at < chunk.length; ) {
        while (budget <= 0) await new Promise<void>((go) => waiting.push(go))
        const piece = chunk.subarray(at, at + Math.ceil(Math.min(budget, perTick)))
        budget -= piece.length
        at += piece.length
        await new Promise<void>((sent, failed) =>
          to.write(piece, (error) => (error ? failed(error) : sent())),
        )
        delivered += piece.length
        options.onDelivered?.(delivered)
      }
    }
    to.end()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    delivered: () => delivered,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
