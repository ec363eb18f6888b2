/** `pullgate serve`: joins the adapters to core, and runs until it is told to stop. */
import { isIP } from 'node:net'
import type { Logger } from 'pino'
import { type ClusterClient, createClusterClient } from '../cluster/client.ts'
import { createCredentialsPort } from '../cluster/pull-secrets.ts'
import { type Config, ConfigError } from '../config.ts'
import type { Evaluator } from '../core/evaluate.ts'
import type { Observer } from '../core/facts.ts'
import { createRegistry } from '../registry/probe.ts'
import { createMetrics } from '../webhook/metrics.ts'
import { type RunningServer, startServer } from '../webhook/server.ts'
import { createFault, createJudge } from './judge.ts'
import { parseAddress } from './listen.ts'
import {
  createLog,
  loadConfig,
  Refusal,
  type ServeFlags,
  shutdownDelayOf,
  stopLimitMilliseconds,
} from './serve-flags.ts'
import { fromFiles, type ServingCertificate, selfManaged } from './serving-certificate.ts'

export type ServeIo = {
  readonly stderr: (text: string) => void
  /** Aborted by SIGTERM. */
  readonly stop: AbortSignal
  readonly version: string
}

const remembered = 10_000

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

/** The API server by address, so that no image reference can make Pullgate knock there. */
const apiServerAddresses = ({ server }: ClusterClient): readonly string[] => {
  const host = new URL(server).hostname.replace(/^\[|\]$/g, '')
  return isIP(host) === 0 ? [] : [host]
}

type Parts = { readonly config: Config; readonly client: ClusterClient; readonly log: Logger }

const createEvaluator = (
  { config, client }: Parts,
  observe: Observer,
  version: string,
): { evaluator: Evaluator; close: () => Promise<void> } => {
  const { allow, deny, realms, suggestTags, caBundle } = config.registries
  const registry = createRegistry(
    {
      userAgentVersion: version,
      ...(caBundle === '' ? {} : { extraCa: caBundle }),
      allow,
      deny,
      denyAddresses: apiServerAddresses(client),
      realms,
      suggestTags,
      cache: config.cache,
      perRegistry: config.limits.perRegistry,
    },
    observe,
  )
  const credentials = createCredentialsPort(
    client,
    { secretMilliseconds: config.cache.secret, maxEntries: remembered },
    observe,
  )
  const ports = { credentials, probe: registry.probe, nodes: async () => undefined }
  const evaluator = { ports, nodeCredentials: config.nodeCredentials, now: () => new Date().toISOString() }
  return { evaluator, close: registry.close }
}

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
  const config = await loadConfig(flags.config)
  const metrics = createMetrics({ kinds: [...(config.policy.kinds?.values() ?? [])].map(({ kind }) => kind) })
  const client = createClusterClient(
    flags.kubeconfig === undefined ? {} : { kubeconfig: flags.kubeconfig },
    metrics.observe,
  )
  const { evaluator, close } = createEvaluator({ config, client, log }, metrics.observe, io.version)
  const certificate = await certificateFor(flags, client, log)
  const server: RunningServer = await startServer({
    app: {
      judge: createJudge(config.policy, evaluator),
      fault: createFault(config.policy),
      configuredMode: () => config.policy.mode,
      log,
      onAnswered: metrics.onAnswered,
      readiness: certificate.conditions,
    },
    listen,
    certificate: certificate.pair,
    metrics: { listen: metricsListen, register: metrics.register },
    observe: metrics.observe,
  })
  certificate.follow(server.swapCertificate)
  log.info(
    { version: io.version, listen: server.address, metrics: server.metricsAddress, mode: config.policy.mode },
    'serving',
  )

  await untilStopped(io.stop)
  log.info({ delayMilliseconds }, 'stopping: no longer ready, still answering')
  certificate.stop()
  await server.stop({ delayMilliseconds, limitMilliseconds: stopLimitMilliseconds })
  await Promise.all([close(), client.close()])
  log.info({}, 'stopped')
}

/** Exit status: 0 after a graceful stop, 2 where it could not serve. */
export const runServe = async (flags: ServeFlags, io: ServeIo): Promise<number> => {
  try {
    await serve(flags, io)
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
