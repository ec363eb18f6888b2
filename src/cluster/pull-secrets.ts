/**
 * The pull secrets a workload would be given, read by name as the kubelet reads them, and nothing else: no list, no watch.
 */
import { setMaxListeners } from 'node:events'
import type {
  Context,
  CredentialsPort,
  Observer,
  PullCredentials,
  SecretFact,
  ServiceAccountFact,
} from '../core/facts.ts'
import type { CredentialSource } from '../core/keyring.ts'
import { buildKeyring } from '../core/keyring.ts'
import { isObjectName } from '../core/object-name.ts'
import { labelOf } from '../core/pull-secret.ts'
import type { SecretReference, Workload } from '../core/workload.ts'
import type { ClusterClient } from './client.ts'
import { createMemory } from './memory.ts'
import type { SecretReading, ServiceAccountReading } from './read-pull-secrets.ts'
import { readPullSecret, readServiceAccount } from './read-pull-secrets.ts'

export type CredentialsOptions = {
  /** How long an answer may be used again. 0: not at all. */
  readonly secretMilliseconds: number
  readonly maxEntries: number
  readonly clock?: { readonly now: () => number }
}

// A list that names thousands would have one review ask the API server thousands of times.
const mostSecrets = 64
// Decoded entries are about as large as the secrets they come from, which may have 1 MiB each.
const memoryOctets = 16 * 1024 * 1024

const outOfTime = { state: 'unverified', why: 'the API server did not answer before this answer was due' } as const

export const createCredentialsPort = (
  client: ClusterClient,
  options: CredentialsOptions,
  observe: Observer,
): CredentialsPort => {
  const bounds = {
    milliseconds: options.secretMilliseconds,
    maxEntries: options.maxEntries,
    maxSize: memoryOctets,
    clock: options.clock ?? performance,
  }
  const secrets = createMemory<SecretReading>({ ...bounds, cache: 'secret' }, observe)
  const serviceAccounts = createMemory<ServiceAccountReading>({ ...bounds, cache: 'service-account' }, observe)

  const secretOf = async (namespace: string, name: string, context: Context): Promise<SecretReading | undefined> => {
    if (!isObjectName(name)) return { state: 'absent' }
    const key = `${namespace}/${name}`
    if (context.reach === 'memory') return secrets.recall(key)
    const reading = secrets.ask(key, context.fresh, () => readPullSecret(client, namespace, name))
    return orElse(reading, context.signal, outOfTime)
  }

  const accountOf = async (workload: Workload, context: Context): Promise<ServiceAccountReading | undefined> => {
    const { namespace, serviceAccount: name } = workload
    if (!workload.isTemplate || workload.namesPullSecrets) return { state: 'unused', references: [] }
    if (!isObjectName(name)) return { state: 'absent', references: [] }
    const key = `${namespace}/${name}`
    if (context.reach === 'memory') return serviceAccounts.recall(key)
    const reading = serviceAccounts.ask(key, context.fresh, () => readServiceAccount(client, namespace, name))
    return orElse(reading, context.signal, { ...outOfTime, references: [] })
  }

  return async (workload, context) => {
    if (!isObjectName(workload.namespace)) return unplaced(workload)
    const account = await accountOf(workload, context)
    if (account === undefined) return undefined
    const references = firstOfEachName([...workload.pullSecrets, ...account.references])
    const readings = await Promise.all(
      references.slice(0, mostSecrets).map(async ({ name }) => secretOf(workload.namespace, name, context)),
    )
    if (readings.includes(undefined)) return undefined
    return join(workload, account, references, readings)
  }
}

/** The keyring takes a secret named twice once: its second turn would only repeat the first. */
const firstOfEachName = (references: readonly SecretReference[]): SecretReference[] => {
  const known = new Set<string>()
  return references.filter(({ name }) => name !== '' && !known.has(name) && known.add(name))
}

const join = (
  workload: Workload,
  account: ServiceAccountReading,
  references: readonly SecretReference[],
  readings: readonly (SecretReading | undefined)[],
): PullCredentials => {
  const sources: CredentialSource[] = []
  const secrets = references.map((reference, index): SecretFact => {
    const reading = readings[index] ?? beyondLimit
    if (reading.state !== 'usable') return { ...reference, ...reading }
    const label = labelOf({ namespace: workload.namespace, name: reference.name })
    sources.push({ label, entries: reading.entries })
    return { ...reference, state: 'usable', keys: reading.entries.map(({ key }) => key) }
  })
  return { secrets, serviceAccount: accountFact(workload, account), keyring: buildKeyring(sources) }
}

const beyondLimit = {
  state: 'unverified',
  why: `no more than ${mostSecrets} pull secrets of one workload are read`,
} as const

const accountFact = (workload: Workload, { state, why }: ServiceAccountReading): ServiceAccountFact => ({
  name: workload.serviceAccount,
  state,
  ...(why === undefined ? {} : { why }),
})

// Without a namespace there is nothing to ask about, which proves nothing about the secrets.
const unplaced = (workload: Workload): PullCredentials => {
  const nowhere = { state: 'unverified', why: 'the workload is in no valid namespace' } as const
  const usesAccount = workload.isTemplate && !workload.namesPullSecrets
  const account: ServiceAccountReading = { ...(usesAccount ? nowhere : { state: 'unused' }), references: [] }
  return {
    secrets: firstOfEachName(workload.pullSecrets).map((reference) => ({ ...reference, ...nowhere })),
    serviceAccount: accountFact(workload, account),
    keyring: buildKeyring([]),
  }
}

/** Ends the waiting, never the question. */
const orElse = async <T>(answer: Promise<T>, signal: AbortSignal, substitute: T): Promise<T> => {
  if (signal.aborted) {
    // Nobody else may be waiting for it.
    answer.catch(() => undefined)
    return substitute
  }
  const waiting = new AbortController()
  setMaxListeners(0, signal)
  const ended = new Promise<T>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve(substitute)
      },
      { once: true, signal: waiting.signal },
    )
  })
  try {
    return await Promise.race([answer, ended])
  } finally {
    waiting.abort()
  }
}
