/**
 * Objects that run containers, as the checks see them: converted once from Kubernetes JSON, no `?.` after this.
 *
 * Most objects have one PodSpec and are one workload. An object with several is as many workloads as there are ways in
 * which its images are pulled: a verdict belongs to an image and the credentials it is pulled with.
 */
import { type Found, walk } from './field-path.ts'
import type { Kind } from './kind-table.ts'
import { hasPlaceholder } from './placeholder.ts'
import { type ImageUse, imagesOfPod, platformSelectorOf, pullPolicyOf } from './pod-spec.ts'
import { type PulledWith, pulledWith, wholeObject } from './pulled-with.ts'
import { at, listAt, textAt } from './raw-object.ts'

export type { ImageUse, SecretReference } from './pod-spec.ts'

export type Workload = PulledWith & {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  /** `Deployment/pay` where an ownerReference names a controller. */
  readonly owner?: string
  /** A Pod's list of pull secrets is final; a template gets its service account's when it names none. */
  readonly isTemplate: boolean
  /** The fields that decide which nodes may run it, as text to compare. */
  readonly platformSelector: string
  readonly images: readonly ImageUse[]
}

/** `Kind/name` of the owner that controls the object. */
export const controllerOf = (object: unknown): string | undefined => {
  const owner = listAt(object, 'metadata', 'ownerReferences').find((reference) => at(reference, 'controller') === true)
  return owner === undefined ? undefined : `${textAt(owner, 'kind')}/${textAt(owner, 'name')}`
}

type Identity = Omit<Workload, keyof PulledWith | 'platformSelector' | 'images'>
type Pulls = Omit<Workload, keyof Identity>

const apiVersionOf = ({ group, versions: [version] }: Kind, object: unknown): string => {
  if (version === undefined) return textAt(object, 'apiVersion')
  return group === '' ? version : `${group}/${version}`
}

const identityOf = (kind: Kind, object: unknown, namespace: string): Identity => {
  const uid = textAt(object, 'metadata', 'uid')
  const owner = controllerOf(object)
  return {
    apiVersion: apiVersionOf(kind, object),
    kind: kind.kind,
    namespace: textAt(object, 'metadata', 'namespace') || namespace,
    name: textAt(object, 'metadata', 'name') || textAt(object, 'metadata', 'generateName'),
    ...(uid === '' ? {} : { uid }),
    ...(owner === undefined ? {} : { owner }),
    isTemplate: kind.group !== '' || kind.kind !== 'Pod',
  }
}

const bareImages = (kind: Kind, object: unknown): readonly ImageUse[] =>
  kind.images
    .flatMap((path) => walk(object, path))
    .flatMap(({ value, fieldPath, place, within }) =>
      typeof value === 'string'
        ? [{ fieldPath, image: value, pullPolicy: pullPolicyOf(textAt(within, 'imagePullPolicy')), slot: place }]
        : [],
    )

/** The innermost PodSpec that an image outside its fields still lies below: its path is the beginning of the image's. */
const podAround = (pods: ReadonlyMap<string, Found>, { fieldPath }: ImageUse): Found | undefined => {
  for (let end = fieldPath.length - 1; end > 0; end -= 1) {
    const isBorder = fieldPath[end] === '.' || fieldPath[end] === '['
    const pod = isBorder ? pods.get(fieldPath.slice(0, end)) : undefined
    if (pod !== undefined) return pod
  }
  return undefined
}

const pullsOf = (kind: Kind, object: unknown, namespace: string): readonly Pulls[] => {
  const whole = wholeObject(kind, object)
  const byPath = new Map(kind.podSpecs.flatMap((path) => walk(object, path)).map((pod) => [pod.fieldPath, pod]))
  const pods = [...byPath.values()].map((pod) => ({ pod, own: imagesOfPod(pod) }))
  const known = new Set(pods.flatMap(({ own }) => own.map(({ fieldPath }) => fieldPath)))
  const others = bareImages(kind, object)
    .filter(({ fieldPath }) => !known.has(fieldPath))
    .map((use) => ({ use, around: podAround(byPath, use) }))
  const pullsAt = (pod: Found | undefined, own: readonly ImageUse[]): Pulls => ({
    ...pulledWith(kind, namespace, whole, pod),
    platformSelector: platformSelectorOf(pod?.value),
    images: [...own, ...others.flatMap(({ use, around }) => (around === pod ? [use] : []))].map((use) =>
      kind.templated && hasPlaceholder(use.image) ? { ...use, isPlaceholder: true } : use,
    ),
  })
  const outside = pullsAt(undefined, [])
  return [...pods.map(({ pod, own }) => pullsAt(pod, own)), ...(outside.images.length === 0 ? [] : [outside])]
}

/** Where the first pull secret stands, and how many there are, says which list it is: there may be hundreds of names. */
const wayOf = (pulls: Pulls): string =>
  JSON.stringify([
    pulls.pullSecrets[0]?.fieldPath,
    pulls.pullSecrets.length,
    pulls.namesPullSecrets,
    pulls.serviceAccount,
    pulls.platformSelector,
    pulls.withoutCredentials,
  ])

/** The workloads of an object of a kind in the table; `namespace` stands in where the object names none. */
export const workloadsOf = (kind: Kind, object: unknown, namespace: string): readonly Workload[] => {
  const identity = identityOf(kind, object, namespace)
  const ways = new Map<string, Pulls>()
  for (const pulls of pullsOf(kind, object, identity.namespace)) {
    const way = wayOf(pulls)
    const same = ways.get(way)
    ways.set(way, same === undefined ? pulls : { ...same, images: [...same.images, ...pulls.images] })
  }
  return [...ways.values()].map((pulls) => ({ ...identity, ...pulls }))
}
