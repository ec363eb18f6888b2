/** The webhook as a running server: ports, certificate, readiness, and an end without a failed call. */
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import type { Observer } from '../core/facts.ts'
import { type App, type AppOptions, createApp } from './app.ts'
import { type StopOptions, stopGently, trackConnections } from './graceful-stop.ts'
import type { Condition, Readiness } from './health.ts'
import { type Address, type MetricsServer, startMetricsServer } from './metrics-server.ts'
import { type CertificatePair, checkPair, secureContextOptions, swapCertificate } from './serving-certificate.ts'

export type ServerOptions = {
  readonly app: Omit<AppOptions, 'https' | 'isStopping'>
  readonly listen: Address
  readonly certificate: CertificatePair
  readonly metrics?: { readonly listen: Address; readonly register: Registry }
  /** Told when the serving certificate expires. */
  readonly observe?: Observer
}

export type RunningServer = {
  readonly address: Address
  readonly metricsAddress?: Address
  /** Throws, and goes on with the old one, if the pair could not serve. */
  readonly swapCertificate: (pair: CertificatePair) => void
  /** Called again, it is the same stop. */
  readonly stop: (options: StopOptions) => Promise<void>
}

// The API server is done with a handshake in milliseconds; whoever takes longer only holds a connection.
const handshakeMilliseconds = 10_000
const headersMilliseconds = 20_000

const countRequests = (app: App): (() => number) => {
  let underWay = 0
  app.addHook('onRequest', (_, reply, done) => {
    underWay += 1
    // Unlike onResponse, also when the client has gone.
    reply.raw.once('close', () => {
      underWay -= 1
    })
    done()
  })
  return () => underWay
}

const listen = async (app: App, { host, port }: Address): Promise<Address> => {
  await app.listen({ host, port })
  const bound = app.server.address() as AddressInfo
  return { host: bound.address, port: bound.port }
}

const startMetrics = async (
  options: ServerOptions,
  app: App,
  readiness: Readiness,
): Promise<MetricsServer | undefined> => {
  if (options.metrics === undefined) return undefined
  try {
    return await startMetricsServer({ ...options.metrics, readiness })
  } catch (error) {
    // Half a server would keep the process alive, and serve nobody.
    await app.close()
    throw error
  }
}

export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  let stopping: Promise<void> | undefined
  const shutdown = (): Condition => ({ name: 'shutdown', ok: stopping === undefined, why: 'stopping' })
  const readiness = (): readonly Condition[] => [...options.app.readiness(), shutdown()]
  const tellExpiry = ({ expires }: { readonly expires: Date }): void => {
    options.observe?.({ kind: 'certificate', expires: expires.getTime() / 1000 })
  }
  tellExpiry(checkPair(options.certificate))

  const https = { ...secureContextOptions(options.certificate), handshakeTimeout: handshakeMilliseconds }
  const app = createApp({ ...options.app, readiness, isStopping: () => stopping !== undefined, https })
  app.server.headersTimeout = headersMilliseconds
  const ending = { server: app.server, connections: trackConnections(app.server), requestsUnderWay: countRequests(app) }
  const address = await listen(app, options.listen)
  const metrics = await startMetrics(options, app, readiness)

  const end = async (stopOptions: StopOptions): Promise<void> => {
    await stopGently(ending, stopOptions)
    await app.close()
    await metrics?.stop()
  }
  return {
    address,
    ...(metrics === undefined ? {} : { metricsAddress: metrics.address }),
    swapCertificate: (pair) => {
      tellExpiry(swapCertificate(app.server, pair))
    },
    stop: (stopOptions) => (stopping ??= end(stopOptions)),
  }
}
