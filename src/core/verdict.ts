/**
 * From what a registry said to what the node will see: the fold of a probe's attempts.
 *
 * The kubelet tries each matching credential until one works (kuberuntime_image.go: PullImage), so one success is
 * enough, and a failure is certain only when every attempt is.
 */
import { type Cause, causeOf, certaintyOf } from './cause.ts'
import type { Attempt, Facts, ImageFacts, Outcome, Probe, Unasked } from './facts.ts'
import { keysOf } from './keyring.ts'
import { printableImage } from './printable.ts'
import { labelOf } from './pull-secret.ts'
import { isInvalid, nameOf, pullTarget, type Reference, registryHostOf } from './reference.ts'

export type ImageVerdict = {
  readonly verdict: 'pullable' | 'unpullable' | 'unknown' | 'skipped'
  readonly cause?: Cause
  /** Why there is no cause and no success either. */
  readonly reason?: string
  readonly digest?: string
  /** The label of the credential that opened it. */
  readonly credential?: string
}

const unaskedVerdicts: Readonly<Record<Unasked, ImageVerdict>> = {
  'reference-invalid': { verdict: 'unpullable', reason: 'not a reference' },
  blank: { verdict: 'skipped', reason: 'blank in a template' },
  placeholder: { verdict: 'skipped', reason: 'to be filled in' },
  'never-pulled': { verdict: 'skipped', reason: 'imagePullPolicy is Never' },
  'check-ignored': { verdict: 'skipped', reason: 'the check is switched off' },
  'secret-malformed': { verdict: 'unpullable', reason: 'a pull secret does not decode' },
  'secret-unread': { verdict: 'unknown', reason: 'a pull secret or service account could not be read' },
  'secret-placeholder': { verdict: 'unknown', reason: 'what it is pulled with is to be filled in' },
  'cluster-scoped': { verdict: 'unknown', reason: 'the object is in no namespace whose pull secrets could be used' },
  'not-remembered': { verdict: 'unknown', reason: 'not in memory, and nobody was to be asked' },
  'too-many': {
    verdict: 'unknown',
    cause: causeOf('deadline-exceeded', {
      name: 'it',
      host: 'the registry',
      detail: 'the object names too many images',
    }),
  },
}

type Kind = Exclude<Outcome['kind'], 'found'>

/** Where several credentials failed differently: one unknown makes the whole unknown; after that, who got furthest tells most. */
const tellingOrder: readonly Kind[] = ['unanswered', 'absent', 'unsupported', 'rejected', 'refused']
const refusalOrder = ['access', 'credential', 'anonymous'] as const

const telling = ({ outcome }: Attempt): number =>
  outcome.kind === 'found'
    ? -1
    : tellingOrder.indexOf(outcome.kind) * 10 + (outcome.kind === 'refused' ? refusalOrder.indexOf(outcome.stage) : 0)

const inWords = ({ credential, outcome }: Attempt): string => {
  switch (outcome.kind) {
    case 'found':
      return `${credential} found it`
    case 'absent':
      return `${credential} found no such ${outcome.what}`
    case 'refused':
      return `${credential} was refused with ${outcome.status}`
    case 'unsupported':
      return `${credential} got ${outcome.detail}`
    case 'rejected':
      return `${credential} was rejected with ${outcome.status}`
    case 'unanswered':
      return `${credential} got no answer (${outcome.detail})`
  }
}

type Case = {
  readonly reference: Reference
  readonly image: ImageFacts
  readonly facts: Facts
  readonly attempt: Attempt
  readonly common: { readonly name: string; readonly host: string; readonly others?: string }
}

/** The secrets and accounts that a later apply in the same bundle may still bring. */
const pendingIn = ({ credentials: { secrets, serviceAccount } }: Facts): string | undefined =>
  secrets.find(({ state }) => state === 'absent') !== undefined
    ? `the pull secret ${secrets.find(({ state }) => state === 'absent')?.name ?? ''}`
    : serviceAccount.state === 'absent'
      ? `ServiceAccount ${serviceAccount.name}`
      : undefined

const keysIn = ({ credentials, workload }: Facts, label: string): readonly string[] =>
  credentials.secrets.flatMap((secret) =>
    secret.state === 'usable' && labelOf({ namespace: workload.namespace, name: secret.name }) === label
      ? secret.keys
      : [],
  )

const refusal = (outcome: Outcome & { kind: 'refused' }, { image, facts, attempt, common }: Case): Cause => {
  const pending = pendingIn(facts)
  if (image.nodeCredentials) return causeOf('node-credentials', common)
  if (image.proxyCache) return causeOf('proxy-cache', { ...common, said: `a refusal with ${outcome.status}` })
  if (pending !== undefined) return causeOf('credential-pending', { ...common, pending })
  const details = {
    ...common,
    namespace: facts.workload.namespace,
    status: outcome.status,
    ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
  }
  if (outcome.stage === 'anonymous')
    return causeOf('credential-missing', { ...details, keys: keysOf(facts.credentials.keyring) })
  const credential = { ...details, credential: attempt.credential }
  return outcome.stage === 'credential'
    ? causeOf('credential-refused', { ...credential, keys: keysIn(facts, attempt.credential) })
    : causeOf('access-denied', { ...credential, ...(outcome.scheme === undefined ? {} : { scheme: outcome.scheme }) })
}

const absence = (outcome: Outcome & { kind: 'absent' }, { reference, image, facts, common }: Case): Cause => {
  // A 404 is how many registries refuse whoever may not know that the repository is there.
  if (image.nodeCredentials && !outcome.repositorySeen) return causeOf('node-credentials', common)
  if (image.proxyCache) return causeOf('proxy-cache', { ...common, said: `that there is no such ${outcome.what}` })
  const pending = outcome.repositorySeen ? undefined : pendingIn(facts)
  if (pending !== undefined) return causeOf('credential-pending', { ...common, pending })
  const target = pullTarget(reference)
  if (outcome.what === 'repository') return causeOf('repository-absent', common)
  if (target.kind === 'digest') return causeOf('digest-absent', { ...common, digest: target.digest })
  return outcome.what === 'digest'
    ? causeOf('digest-absent', { ...common, digest: outcome.digest ?? 'it names', tag: target.tag })
    : causeOf('tag-absent', { ...common, tag: target.tag, suggestions: outcome.suggestions })
}

const causeIn = (failed: Case): Cause | undefined => {
  const { outcome } = failed.attempt
  switch (outcome.kind) {
    case 'found':
      return undefined
    case 'absent':
      return absence(outcome, failed)
    case 'refused':
      return refusal(outcome, failed)
    case 'unsupported':
      return causeOf('manifest-unsupported', { ...failed.common, detail: outcome.detail })
    case 'rejected':
      return causeOf('request-rejected', {
        ...failed.common,
        status: outcome.status,
        ...(outcome.detail === undefined ? {} : { detail: outcome.detail }),
      })
    case 'unanswered':
      return causeOf(outcome.cause, { ...failed.common, detail: outcome.detail })
  }
}

const failureOf = (image: ImageFacts, reference: Reference, probe: Probe, facts: Facts): ImageVerdict => {
  const causeWith = (attempt: Attempt, others: readonly Attempt[]): Cause => {
    const common = {
      name: printableImage(nameOf(reference)),
      host: printableImage(attempt.hosts.at(-1)?.host ?? registryHostOf(reference)),
      ...(others.length === 0 ? {} : { others: others.map(inWords).join(', ') }),
    }
    const cause = causeIn({ reference, image, facts, attempt, common })
    if (cause === undefined) throw new Error('a failed probe has a cause')
    return cause
  }
  // A refusal may be certain or not, depending on who else may have credentials: so causes are compared, not outcomes.
  const doubt = (attempt: Attempt): number => (certaintyOf(causeWith(attempt, [])) === 'unknown' ? 0 : 1)
  const [attempt, ...rest] = probe.attempts.toSorted((a, b) => doubt(a) - doubt(b) || telling(a) - telling(b))
  if (attempt === undefined) throw new Error('a probe has at least one attempt')
  const cause = causeWith(attempt, rest)
  return { verdict: certaintyOf(cause) === 'certain' ? 'unpullable' : 'unknown', cause }
}

/**
 * Somebody else brings the credentials, and this registry's "no" was to nobody: with them it may well say yes. A 404 is
 * such a "no", too, unless the repository was shown even so.
 */
const isOpen = ({ attempts }: Probe, { workload }: Facts): boolean =>
  workload.withoutCredentials === 'elsewhere' &&
  attempts.some(
    ({ outcome }) => outcome.kind === 'refused' || (outcome.kind === 'absent' && outcome.repositorySeen !== true),
  )

export const verdictOf = (image: ImageFacts, facts: Facts): ImageVerdict => {
  const { reference, probe, unasked } = image
  if (probe === undefined || isInvalid(reference)) return unaskedVerdicts[unasked ?? 'reference-invalid']
  const success = probe.attempts.find(({ outcome }) => outcome.kind === 'found')
  if (success === undefined && isOpen(probe, facts))
    return { verdict: 'unknown', reason: 'whoever runs the object brings the pull secrets' }
  if (success === undefined) return failureOf(image, reference, probe, facts)
  const digest = success.outcome.kind === 'found' ? success.outcome.digest : undefined
  return { verdict: 'pullable', credential: success.credential, ...(digest === undefined ? {} : { digest }) }
}
