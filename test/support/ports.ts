// Ports that answer at once from what a test says, and count who asked the world.
import { Login } from '../../src/core/credential.ts'
import { entryOf } from '../../src/core/docker-config.ts'
import type {
  Attempt,
  Context,
  CredentialsPort,
  Outcome,
  Ports,
  Probe,
  ProbePort,
  PullCredentials,
  SecretFact,
  ServiceAccountFact,
} from '../../src/core/facts.ts'
import { buildKeyring, type Keyring } from '../../src/core/keyring.ts'
import { formatReference } from '../../src/core/reference.ts'

export const contextOf = (tweak: Partial<Context> = {}): Context => ({
  signal: new AbortController().signal,
  perImageMilliseconds: 1000,
  lane: 'admission',
  reach: 'world',
  unremembered: 'passed-over',
  fresh: false,
  trace: false,
  ...tweak,
})

export const attemptOf = (outcome: Outcome, credential = 'anonymous', host = 'reg.example'): Attempt => ({
  credential,
  outcome,
  hosts: [{ host, outcome, requests: [] }],
})

export const probeOf = (...attempts: readonly [Attempt, ...Attempt[]]): Probe => ({ attempts })

export const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`
export const found: Outcome = { kind: 'found', digest: digestOf('d') }
/** As an ordinary registry has it: the repository is there for who asks, the tag is not. */
export const tagAbsent = {
  kind: 'absent',
  what: 'tag',
  suggestions: [],
  repositorySeen: true,
} as const satisfies Outcome
/** A 404 and nothing more, as a registry answers that hides private repositories. */
export const hidden = (what: 'tag' | 'digest' | 'repository') =>
  ({ kind: 'absent', what, suggestions: [] }) as const satisfies Outcome
export const timedOut: Outcome = { kind: 'unanswered', cause: 'registry-timeout', detail: 'no answer in 3 s' }
type Refusal = Extract<Outcome, { kind: 'refused' }>
export const refused = (stage: Refusal['stage'], status = 401, more: Partial<Refusal> = {}): Refusal => ({
  kind: 'refused',
  stage,
  status,
  ...more,
})

const unusedAccount: ServiceAccountFact = { name: 'default', state: 'unused' }
const emptyKeyring = buildKeyring([])

export const credentialsOf = (
  secrets: readonly SecretFact[] = [],
  serviceAccount: ServiceAccountFact = unusedAccount,
  keyring: Keyring = emptyKeyring,
): PullCredentials => ({ secrets, serviceAccount, keyring })

export const secretField = { name: 'regcred', fieldPath: 'spec.imagePullSecrets[0].name' }
export const usableSecret: SecretFact = { ...secretField, state: 'usable', keys: ['reg.example'] }
export const absentSecret: SecretFact = { ...secretField, state: 'absent' }

/** One login for one registry, as a decoded Secret `shop/regcred` would give it. */
export const keyringFor = (registry: string, label = 'secret/shop/regcred'): Keyring =>
  buildKeyring([{ label, entries: [entryOf(registry, new Login('robot', 'hunter2'))] }])

type Asked = {
  readonly port: 'credentials' | 'probe'
  /** The image, or the workload's name. */
  readonly about: string
  readonly context: Context
}

export type CountedPorts = {
  readonly ports: Ports
  readonly asked: readonly Asked[]
  /** Questions that reach the cluster or a registry: memory costs nobody anything. */
  readonly worldly: () => number
  readonly images: () => readonly string[]
}

export const countedPorts = (
  probe: ProbePort = async () => probeOf(attemptOf(found)),
  credentials: CredentialsPort = async () => credentialsOf(),
): CountedPorts => {
  const asked: Asked[] = []
  return {
    asked,
    worldly: () => asked.filter(({ context }) => context.reach === 'world').length,
    images: () => asked.filter(({ port }) => port === 'probe').map(({ about }) => about),
    ports: {
      credentials: (workload, context) => {
        asked.push({ port: 'credentials', about: workload.name, context })
        return credentials(workload, context)
      },
      probe: (reference, found, wantIndex, context) => {
        asked.push({ port: 'probe', about: formatReference(reference), context })
        return probe(reference, found, wantIndex, context)
      },
      nodes: async () => undefined,
    },
  }
}

/** What `memory` has when nothing was asked before. */
export const nothingRemembered = async (): Promise<undefined> => undefined
