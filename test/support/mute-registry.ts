import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

export type MuteRegistry = {
  /** How often anybody has come to ask. */
  visits: () => number
  close: () => Promise<void>
}

/** Takes connections and never says a word: the registry that slows down whoever asks it. */
export const startMuteRegistry = async (port: number): Promise<MuteRegistry> => {
  const sockets = new Set<Socket>()
  let visits = 0
  const server = createServer((socket) => {
    visits += 1
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('close', () => sockets.delete(socket))
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return {
    visits: () => visits,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
