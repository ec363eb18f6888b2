/**
 * The end of a server without a failed call. Endpoints are removed only after a moment in which requests still arrive;
 * every reply of that moment asks its client to connect anew, so that when the port closes only idle connections are
 * left. fastify's own close (`forceCloseConnections: 'idle'`) sweeps once and then waits 72 s for the rest.
 */
import type { Server as HttpServer } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export type StopOptions = {
  /** How long requests go on being answered. */
  readonly delayMilliseconds: number
  /** After that much in all, whatever is left is cut off. */
  readonly limitMilliseconds: number
}

const sweepMilliseconds = 50
// A connection that never asked anything counts as busy for Node; without any request under way it has no claim.
const quietSweeps = 10

/** Every connection, also those whose handshake is not over and which the HTTP server therefore does not know. */
export const trackConnections = (server: HttpServer | HttpsServer): ReadonlySet<Socket> => {
  const open = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    open.add(socket)
    socket.once('close', () => open.delete(socket))
  })
  return open
}

export type Ending = {
  readonly server: HttpServer | HttpsServer
  readonly connections: ReadonlySet<Socket>
  readonly requestsUnderWay: () => number
}

/** Closes the port, waits for requests under way, and cuts off what is left after the limit. */
const closeGently = async ({ server, connections, requestsUnderWay }: Ending, limit: number): Promise<void> => {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve()
    })
  })
  const cutOff = (): void => {
    server.closeAllConnections()
    for (const socket of connections) socket.destroy()
  }
  let quiet = 0
  const sweep = setInterval(() => {
    server.closeIdleConnections()
    quiet = requestsUnderWay() === 0 ? quiet + 1 : 0
    if (quiet >= quietSweeps) cutOff()
  }, sweepMilliseconds)
  const limitTimer = setTimeout(cutOff, limit)
  await closed
  clearInterval(sweep)
  clearTimeout(limitTimer)
}

export const stopGently = async (
  ending: Ending,
  { delayMilliseconds, limitMilliseconds }: StopOptions,
): Promise<void> => {
  const delay = Math.min(delayMilliseconds, limitMilliseconds)
  await pause(delay)
  await closeGently(ending, limitMilliseconds - delay)
}
