/** Metrics and health over plain HTTP, on a port of their own: probes and scrapes need no certificate and take no place in the webhook's queue. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { type HealthAnswer, livez, type Readiness, readyz } from './health.ts'

export type Address = { readonly host: string; readonly port: number }

export type MetricsServerOptions = {
  readonly listen: Address
  readonly register: Registry
  readonly readiness: Readiness
}

export type MetricsServer = { readonly address: Address; readonly stop: () => Promise<void> }

type Answer = HealthAnswer & { readonly type?: string; readonly allow?: string }

const requestMilliseconds = 10_000

const answerFor = async (request: IncomingMessage, { register, readiness }: MetricsServerOptions): Promise<Answer> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  switch (pathname) {
    case '/metrics':
    case '/livez':
    case '/readyz':
      if (!isRead) return { code: 405, text: 'use GET or HEAD\n', allow: 'GET, HEAD' }
      if (pathname === '/livez') return livez()
      if (pathname === '/readyz') return readyz(readiness(), searchParams.has('verbose'))
      return { code: 200, text: await register.metrics(), type: register.contentType }
    default:
      return { code: 404, text: 'no such path; there are /metrics, /livez and /readyz\n' }
  }
}

const send = (response: ServerResponse, { code, text, type, allow }: Answer): void => {
  response.writeHead(code, {
    'content-type': type ?? 'text/plain; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...(allow === undefined ? {} : { allow }),
  })
  response.end(text)
}

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  options: MetricsServerOptions,
): Promise<void> => {
  try {
    send(response, await answerFor(request, options))
  } catch {
    send(response, { code: 400, text: 'the request is not valid\n' })
  }
}

const stopServer = async (server: Server): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

export const startMetricsServer = async (options: MetricsServerOptions): Promise<MetricsServer> => {
  const server = createServer({ requestTimeout: requestMilliseconds }, (request, response) => {
    void answer(request, response, options)
  })
  server.listen(options.listen.port, options.listen.host)
  await once(server, 'listening')
  const { address, port } = server.address() as AddressInfo
  return { address: { host: address, port }, stop: () => stopServer(server) }
}
