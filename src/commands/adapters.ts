/** The ports to registries and pull secrets as one configuration wants them, closed when nobody needs them any more. */
import type { ClusterClient } from '../cluster/client.ts'
import { createCredentialsPort } from '../cluster/pull-secrets.ts'
import type { Config } from '../config.ts'
import type { Observer, Ports } from '../core/facts.ts'
import { createRegistry } from '../registry/probe.ts'

/** The part of a configuration that adapters are made of: where it stays the same, they do, and all they remember. */
export type AdapterSettings = Pick<Config, 'registries' | 'cache' | 'limits'>

export type Adapters = {
  readonly ports: Ports
  readonly settings: AdapterSettings
  /** Keeps them open for as long as the work lasts. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>
  /** Closes them as soon as no work needs them; nothing new may be begun with them. */
  readonly retire: () => void
  /** Closes them now. */
  readonly close: () => Promise<void>
}

/** What stays the same whatever the configuration. */
export type Surroundings = {
  readonly client: ClusterClient
  readonly version: string
  readonly observe: Observer
  /** The API server's. */
  readonly addresses: readonly string[]
}

const remembered = 10_000

const registryFor = ({ registries, cache, limits }: AdapterSettings, { addresses, version, observe }: Surroundings) => {
  const { allow, deny, realms, suggestTags, caBundle } = registries
  return createRegistry(
    {
      userAgentVersion: version,
      ...(caBundle === '' ? {} : { extraCa: caBundle }),
      allow,
      deny,
      denyAddresses: addresses,
      realms,
      suggestTags,
      cache,
      perRegistry: limits.perRegistry,
    },
    observe,
  )
}

/** `onClosed` is called when nothing of them is left. */
export const createAdapters = (
  settings: AdapterSettings,
  surroundings: Surroundings,
  onClosed: () => void,
): Adapters => {
  const { client, observe } = surroundings
  const registry = registryFor(settings, surroundings)
  const credentials = createCredentialsPort(
    client,
    { secretMilliseconds: settings.cache.secret, maxEntries: remembered },
    observe,
  )
  let underWay = 0
  let isRetired = false
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= registry.close().finally(onClosed))
  const during: Adapters['during'] = async (work) => {
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
      if (isRetired && underWay === 0) void close()
    }
  }
  return {
    ports: {
      credentials,
      // A question may outlive the review that asked it.
      probe: (...question) => during(() => registry.probe(...question)),
      nodes: async () => undefined,
    },
    settings,
    during,
    retire: () => {
      isRetired = true
      if (underWay === 0) void close()
    },
    close,
  }
}
