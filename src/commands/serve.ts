/** `pullgate serve`: joins the adapters to core, and runs until it is told to stop. */
import type { Logger } from 'pino'
import { type ClusterClient, createClusterClient } from '../cluster/client.ts'
import { ConfigError } from '../config.ts'
import { configSchema } from '../config-schema.ts'
import { createMetrics, type Metrics } from '../webhook/metrics.ts'
import { type RunningServer, startServer } from '../webhook/server.ts'
import { apiServerAddresses } from './api-server-addresses.ts'
import { type ConfigReload, followConfig } from './config-reload.ts'
import { parseAddress } from './listen.ts'
import {
  createLog,
  type LoadedConfig,
  loadConfig,
  Refusal,
  type ServeFlags,
  shutdownDelayOf,
  stopLimitMilliseconds,
} from './serve-flags.ts'
import { createServing, type Serving } from './serving.ts'
import { fromFiles, type ServingCertificate, selfManaged } from './serving-certificate.ts'

export type ServeIo = {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  /** Aborted by SIGTERM. */
  readonly stop: AbortSignal
  readonly version: string
}

const certificateFor = async (flags: ServeFlags, client: ClusterClient, log: Logger): Promise<ServingCertificate> => {
  const { tlsCertFile, tlsPrivateKeyFile } = flags
  if (tlsCertFile !== undefined && tlsPrivateKeyFile !== undefined)
    return fromFiles(tlsCertFile, tlsPrivateKeyFile, log)
  if (tlsCertFile !== undefined || tlsPrivateKeyFile !== undefined) {
    throw new Refusal(
      '--tls-cert-file and --tls-private-key-file belong together; give both, or neither for a self-made pair',
    )
  }
  const namespace = flags.namespace ?? client.namespace
  if (namespace === undefined)
    throw new Refusal('--namespace is needed here: it is not known which namespace Pullgate runs in')
  const { service, certificateSecret: secret, webhookConfiguration } = flags
  return selfManaged(client, { namespace, service, secret, webhookConfiguration }, log)
}

const followed = (
  { config: path }: ServeFlags,
  loaded: LoadedConfig,
  { use }: Serving,
  { log, metrics }: { readonly log: Logger; readonly metrics: Metrics },
): ConfigReload =>
  path === undefined
    ? { conditions: () => [], stop: () => undefined }
    : followConfig({ path, loaded, use, log, count: metrics.countConfigReload })

const untilStopped = async (stop: AbortSignal): Promise<void> => {
  if (stop.aborted) return
  await new Promise<void>((resolve) => {
    stop.addEventListener('abort', () => {
      resolve()
    })
  })
}

const serve = async (flags: ServeFlags, io: ServeIo): Promise<void> => {
  const listen = parseAddress('--listen', flags.listen)
  const metricsListen = parseAddress('--metrics-listen', flags.metricsListen)
  const delayMilliseconds = shutdownDelayOf(flags)
  const log = createLog(flags.logLevel)
  const loaded = await loadConfig(flags.config)
  const metrics = createMetrics({ kinds: [...(loaded.config.policy.kinds?.values() ?? [])].map(({ kind }) => kind) })
  const client = createClusterClient(
    flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig },
    metrics.observe,
  )
  const addresses = await apiServerAddresses(client.server, log)
  const serving = createServing(loaded.config, { client, version: io.version, observe: metrics.observe, addresses })
  const certificate = await certificateFor(flags, client, log)
  const reload = followed(flags, loaded, serving, { log, metrics })
  const server: RunningServer = await startServer({
    app: {
      judge: serving.judge,
      fault: serving.fault,
      configuredMode: serving.mode,
      log,
      onAnswered: metrics.onAnswered,
      readiness: () => [...certificate.conditions(), ...reload.conditions()],
    },
    listen,
    certificate: certificate.pair,
    metrics: { listen: metricsListen, register: metrics.register },
    observe: metrics.observe,
  })
  certificate.follow(server.swapCertificate)
  log.info(
    { version: io.version, listen: server.address, metrics: server.metricsAddress, mode: serving.mode() },
    'serving',
  )

  await untilStopped(io.stop)
  log.info({ delayMilliseconds }, 'stopping: no longer ready, still answering')
  certificate.stop()
  reload.stop()
  await server.stop({ delayMilliseconds, limitMilliseconds: stopLimitMilliseconds })
  await Promise.all([serving.close(), client.close()])
  log.info({}, 'stopped')
}

/** Exit status: 0 after a graceful stop, 2 where it could not serve. */
export const runServe = async (flags: ServeFlags, io: ServeIo): Promise<number> => {
  try {
    if (flags.printSchema === true) io.stdout(`${JSON.stringify(configSchema, null, 2)}\n`)
    else await serve(flags, io)
    return 0
  } catch (error) {
    const known = error instanceof Refusal || error instanceof ConfigError
    io.stderr(
      known
        ? `pullgate serve: ${error.message}\n`
        : `pullgate serve: cannot start: ${error instanceof Error ? error.message : String(error)}\n`,
    )
    return 2
  }
}
