import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, type RequestOptions, request as send } from 'node:https'
import { text } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import type { Judge } from '../../src/webhook/judge.ts'
import { createMetrics } from '../../src/webhook/metrics.ts'
import { type RunningServer, startServer } from '../../src/webhook/server.ts'
import { recordingLog } from './app-under-test.ts'
import { authority, servingPair } from './certificates.ts'
import { judged } from './findings.ts'

const loopback = { host: '127.0.0.1', port: 0 }

export const serverUnderTest = async (t: Test, { judge = async () => judged() }: { judge?: Judge } = {}) => {
  const { lines, log } = recordingLog()
  const { register, observe } = createMetrics({ ofProcess: false })
  const certificate = servingPair()
  const server = await startServer({
    app: {
      judge,
      fault: () => judged({ outcome: 'fault' }),
      log,
      readiness: () => [{ name: 'certificate', ok: true }],
    },
    listen: loopback,
    metrics: { listen: loopback, register },
    certificate,
    observe,
  })
  t.teardown(() => server.stop({ delayMilliseconds: 0, limitMilliseconds: 0 }))
  return { server, certificate, lines, metricsUrl: `http://127.0.0.1:${server.metricsAddress?.port ?? 0}` }
}

export const keepAliveAgent = (t: Test, maxSockets = 1) => {
  const agent = new Agent({ keepAlive: true, maxSockets })
  t.teardown(() => {
    agent.destroy()
  })
  return agent
}

export const ask = (server: RunningServer, options: RequestOptions = {}) =>
  send({ ...server.address, ca: authority.certificate, agent: false, path: '/readyz', ...options })

export type Answer = {
  code: number | undefined
  body: string
  fingerprint: string
  protocol: string | null
  headers: IncomingMessage['headers']
}

export const answer = async (request: ReturnType<typeof ask>): Promise<Answer> => {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  const { socket } = response
  if (!(socket instanceof TLSSocket)) throw new Error('not answered over TLS')
  const { fingerprint256: fingerprint } = socket.getPeerCertificate()
  const protocol = socket.getProtocol()
  return { code: response.statusCode, body: await text(response), fingerprint, protocol, headers: response.headers }
}

export const review = (server: RunningServer, agent: Agent | false = false) =>
  ask(server, { method: 'POST', path: '/validate/enforce', headers: { 'content-type': 'application/json' }, agent })
