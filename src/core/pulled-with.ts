/** What the images at one place of an object are pulled with: the place's own word first, then that of the whole object. */
import { type Found, walk } from './field-path.ts'
import type { Kind } from './kind-table.ts'
import { hasPlaceholder } from './placeholder.ts'
import { accountOfPod, podNamesSecrets, type SecretReference, secretsOfPod } from './pod-spec.ts'
import { textAt } from './raw-object.ts'

/**
 * Why nobody's credentials are looked up. `elsewhere`: whoever runs the object brings them. `placeholder`: a template
 * engine will write them. `cluster-scoped`: it is in no namespace that could have them.
 */
export type WithoutCredentials = 'elsewhere' | 'placeholder' | 'cluster-scoped'

export type PulledWith = {
  readonly serviceAccount: string
  readonly serviceAccountPath: string
  /** In order. */
  readonly pullSecrets: readonly SecretReference[]
  /** The service account's pull secrets do not count then. */
  readonly namesPullSecrets: boolean
  readonly withoutCredentials?: WithoutCredentials
}

/** Names are strings in some kinds and objects with a name in others. */
const secretAt = ({ value, fieldPath }: Found): readonly SecretReference[] => {
  const reference =
    typeof value === 'string'
      ? { name: value, fieldPath }
      : { name: textAt(value, 'name'), fieldPath: `${fieldPath}.name` }
  return reference.name === '' ? [] : [reference]
}

/** Argo lays these under each template, over what the whole object says: a template's account may be theirs. */
const defaultsNameAccount = ({ podSpecs }: Kind, object: unknown): boolean =>
  podSpecs
    .filter(({ steps }) => steps.at(-1) === 'templateDefaults')
    .some((path) => walk(object, path).some((defaults) => accountOfPod(defaults) !== ''))

/** What the kind's own paths say, for every place that says nothing itself. */
export const wholeObject = (kind: Kind, object: unknown): PulledWith => {
  const secrets = kind.pullSecrets.flatMap((path) => walk(object, path))
  const [account] = kind.serviceAccount === undefined ? [] : walk(object, kind.serviceAccount)
  return {
    serviceAccount: typeof account?.value === 'string' && !defaultsNameAccount(kind, object) ? account.value : '',
    serviceAccountPath: account?.fieldPath ?? kind.serviceAccount?.steps.join('.') ?? '',
    pullSecrets: secrets.flatMap(secretAt),
    namesPullSecrets: secrets.length > 0,
  }
}

const ofPod = (pod: Found, whole: PulledWith): PulledWith => {
  const account = accountOfPod(pod)
  return {
    ...(account === '' && whole.serviceAccountPath !== ''
      ? whole
      : { serviceAccount: account, serviceAccountPath: `${pod.fieldPath}.serviceAccountName` }),
    ...(podNamesSecrets(pod)
      ? { pullSecrets: secretsOfPod(pod), namesPullSecrets: true }
      : { pullSecrets: whole.pullSecrets, namesPullSecrets: whole.namesPullSecrets }),
  }
}

const isSilent = ({ namesPullSecrets, serviceAccount }: PulledWith): boolean =>
  !namesPullSecrets && serviceAccount === ''

const withoutCredentials = (
  kind: Kind,
  namespace: string,
  pod: Found | undefined,
  named: PulledWith,
): WithoutCredentials | undefined => {
  if (kind.clusterScoped || namespace === '') return 'cluster-scoped'
  const names = named.namesPullSecrets ? named.pullSecrets.map(({ name }) => name) : [named.serviceAccount]
  if (kind.templated && names.some(hasPlaceholder)) return 'placeholder'
  if (!isSilent(named)) return undefined
  // Whoever fills a template in may name an account too, even where the object could have named it.
  const isAnswered = !kind.templated && (pod !== undefined || kind.serviceAccount !== undefined)
  return isAnswered ? undefined : 'elsewhere'
}

/** For the images of a PodSpec, or for those outside all PodSpecs. */
export const pulledWith = (kind: Kind, namespace: string, whole: PulledWith, pod?: Found): PulledWith => {
  const named = pod === undefined ? whole : ofPod(pod, whole)
  const without = withoutCredentials(kind, namespace, pod, named)
  return {
    ...named,
    serviceAccount: named.serviceAccount || 'default',
    ...(without === undefined ? {} : { withoutCredentials: without }),
  }
}
