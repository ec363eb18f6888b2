/** One Secret or ServiceAccount, read by name and reduced to what a keyring needs. */
import type { DecodedEntry } from '../core/docker-config.ts'
import { printable } from '../core/printable.ts'
import { decodePullSecret } from '../core/pull-secret.ts'
import type { SecretReference } from '../core/workload.ts'
import type { Trouble } from './answer.ts'
import { isRecord } from './answer.ts'
import type { ClusterClient } from './client.ts'
import type { Remembered } from './memory.ts'

type NotRead =
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable' }
  | { readonly state: 'unverified'; readonly why: string }

export type SecretReading =
  | NotRead
  | { readonly state: 'usable'; readonly entries: readonly DecodedEntry[] }
  | { readonly state: 'ignored'; readonly type: string }
  | { readonly state: 'malformed'; readonly where: string; readonly why: string }

export type ServiceAccountReading = {
  readonly state: 'unused' | 'read' | 'absent' | 'unreadable' | 'unverified'
  readonly why?: string
  readonly references: readonly SecretReference[]
}

const unintelligible = {
  state: 'unverified',
  why: 'the API server answered with something else than the object',
} as const
// What an entry of the memory weighs besides its content.
const overhead = 256
const longestType = 128

export const readPullSecret = async (
  client: ClusterClient,
  namespace: string,
  name: string,
): Promise<Remembered<SecretReading>> => {
  const answer = await client.ask('secrets', async ({ core }, options) =>
    core.readNamespacedSecret({ namespace, name }, options),
  )
  if (answer.state !== 'found') return notRead(answer)
  // The types of client-node say what ought to come, not what came.
  const secret: unknown = answer.value
  if (!isNamed(secret, name)) return { value: unintelligible, keep: false, size: overhead }
  const type = typeof secret['type'] === 'string' ? secret['type'] : ''
  const data = textsOf(secret['data'])
  const decoded = decodePullSecret(type, data)
  if (decoded.kind === 'ignored') {
    return { value: { state: 'ignored', type: printable(type, longestType) }, keep: true, size: overhead }
  }
  if (decoded.kind === 'malformed') {
    const { where, why } = decoded
    return { value: { state: 'malformed', where, why }, keep: true, size: overhead + where.length + why.length }
  }
  const size = Object.values(data).reduce((total, text) => total + text.length, overhead)
  return { value: { state: 'usable', entries: decoded.entries }, keep: true, size }
}

export const readServiceAccount = async (
  client: ClusterClient,
  namespace: string,
  name: string,
): Promise<Remembered<ServiceAccountReading>> => {
  const answer = await client.ask('serviceaccounts', async ({ core }, options) =>
    core.readNamespacedServiceAccount({ namespace, name }, options),
  )
  if (answer.state !== 'found') {
    const { value, ...rest } = notRead(answer)
    return { ...rest, value: { ...value, references: [] } }
  }
  const account: unknown = answer.value
  if (!isNamed(account, name)) return { value: { ...unintelligible, references: [] }, keep: false, size: overhead }
  const references = referencesOf(account['imagePullSecrets'], name)
  return { value: { state: 'read', references }, keep: true, size: overhead * (1 + references.length) }
}

// A refusal is an answer and may be remembered as briefly as any other; silence is not.
const notRead = (answer: Trouble): Remembered<NotRead> => {
  if (answer.state === 'unanswered')
    return { value: { state: 'unverified', why: answer.why }, keep: false, size: overhead }
  return { value: { state: answer.state }, keep: true, size: overhead }
}

const isNamed = (object: unknown, name: string): object is Record<string, unknown> =>
  isRecord(object) && isRecord(object['metadata']) && object['metadata']['name'] === name

const textsOf = (data: unknown): Record<string, string> =>
  isRecord(data)
    ? Object.fromEntries(Object.entries(data).filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
    : {}

const referencesOf = (list: unknown, account: string): SecretReference[] => {
  if (!Array.isArray(list)) return []
  return list.flatMap((item: unknown, index) =>
    isRecord(item) && typeof item['name'] === 'string' && item['name'] !== ''
      ? [{ name: item['name'], fieldPath: `ServiceAccount/${account} imagePullSecrets[${index}].name` }]
      : [],
  )
}
