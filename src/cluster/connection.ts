/**
 * The way to the API server: a kubeconfig, and one pool of connections for all calls.
 *
 * client-node makes a new agent, and so a new TLS connection, for every call. It lets its options be seen through one
 * overridable method, from which the pool is built once, and again only when certificates or the proxy change.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Cluster, DispatcherOptions, RequestContext } from '@kubernetes/client-node'
import { KubeConfig } from '@kubernetes/client-node'
import type { buildConnector, Dispatcher } from 'undici'
import { Agent, ProxyAgent } from 'undici'

export type ConnectionOptions = {
  /** Default: what kubectl would use, else the Pod's own service account. */
  readonly kubeconfig?: string
  readonly context?: string
  /** The user to act as, as kubectl's `--as`. */
  readonly as?: string
}

type TlsOptions = buildConnector.BuildOptions

// Enough for a storm of reviews; more would only queue inside the API server.
const mostConnections = 16
// Below the 90 s after which an API server closes an idle connection, and the 60 s of common load balancers.
const idleMilliseconds = 30_000
const connectMilliseconds = 5000
// An object in etcd is at most 1.5 MiB; the rest is room for managed fields and for lists a page at a time.
const largestBody = 16 * 1024 * 1024

export class PooledKubeConfig extends KubeConfig {
  #pool: Dispatcher | undefined
  #pooledOptions: DispatcherOptions | undefined

  override createDispatcherOptions(
    ...[cluster, agentOptions]: Parameters<KubeConfig['createDispatcherOptions']>
  ): DispatcherOptions {
    const options = super.createDispatcherOptions(cluster, agentOptions)
    // Its connector is not for others to use; such a connection is left as client-node makes it.
    if (options.type === 'socks') return options
    if (!isDeepStrictEqual(options, this.#pooledOptions)) {
      void this.#pool?.close().catch(() => undefined)
      this.#pool = createPool(options)
      this.#pooledOptions = options
    }
    return { type: 'none' }
  }

  override async applySecurityAuthentication(context: RequestContext): Promise<void> {
    await super.applySecurityAuthentication(context)
    if (context.getDispatcher() === undefined && this.#pool !== undefined) context.setDispatcher(this.#pool)
  }

  async close(): Promise<void> {
    await this.#pool?.destroy()
    this.#pool = undefined
    this.#pooledOptions = undefined
  }
}

const createPool = (options: Exclude<DispatcherOptions, { type: 'socks' }>): Dispatcher => {
  const bounds = { connections: mostConnections, keepAliveTimeout: idleMilliseconds, maxResponseSize: largestBody }
  if (options.type === 'none') return new Agent({ ...bounds, connect: { timeout: connectMilliseconds } })
  // The two packages type the same TLS options apart: node:tls admits `undefined` where undici does not.
  const requestTls = options.type === 'proxy' ? (options.requestTls as TlsOptions) : {}
  const connect = { ...(options.connect as TlsOptions), timeout: connectMilliseconds }
  return options.type === 'proxy'
    ? new ProxyAgent({ ...bounds, uri: options.uri, requestTls, connect })
    : new Agent({ ...bounds, connect })
}

/** Throws an Error whose sentence says what to mend; a kubeconfig's content never shows in it. */
export const loadKubeConfig = (options: ConnectionOptions): PooledKubeConfig => {
  const config = new PooledKubeConfig()
  const place = options.kubeconfig === undefined ? 'the kubeconfig' : `the kubeconfig ${options.kubeconfig}`
  try {
    if (options.kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(options.kubeconfig)
  } catch (error) {
    throw new Error(`Cannot read ${place}: ${reasonOf(error)}.`)
  }
  chooseContext(config, options, place)
  if (options.as !== undefined) impersonate(config, options.as)
  return config
}

const chooseContext = (config: KubeConfig, options: ConnectionOptions, place: string): void => {
  if (options.context !== undefined) config.setCurrentContext(options.context)
  const context = config.getCurrentContext() as string | undefined
  const cluster = currentClusterOf(config)
  if (cluster === null) {
    const known = config.getContexts().map(({ name }) => name)
    throw new Error(
      `The context "${context ?? ''}" of ${place} leads to no cluster; its contexts: ${known.join(', ') || 'none'}.`,
    )
  }
  // client-node's last resort when there is neither a kubeconfig nor a service account.
  if (options.kubeconfig === undefined && context === 'loaded-context' && cluster.server === 'http://localhost:8080') {
    throw new Error(
      'There is no cluster to ask: no kubeconfig was found and this is not a Pod. Name one with --kubeconfig.',
    )
  }
}

const currentClusterOf = (config: KubeConfig): Cluster | null => {
  const cluster = config.getCurrentCluster()
  return cluster !== null && URL.canParse(cluster.server) ? cluster : null
}

const impersonate = (config: KubeConfig, user: string): void => {
  const current = config.getCurrentUser()?.name
  config.loadFromOptions({
    clusters: config.getClusters(),
    contexts: config.getContexts(),
    users: config.getUsers().map((known) => (known.name === current ? { ...known, impersonateUser: user } : known)),
    currentContext: config.getCurrentContext(),
  })
}

// The message of a YAML parser quotes the lines around a mistake, and those may hold a token.
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return 'it is not readable'
  if ('code' in error && typeof error.code === 'string') return error.code
  if ('reason' in error && typeof error.reason === 'string') return `it is not YAML (${error.reason})`
  return 'it is not a kubeconfig'
}
