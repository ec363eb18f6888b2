/**
 * One object that runs containers, as the checks see it: converted once from Kubernetes JSON, no `?.` after this.
 */
import type { KindRow } from './kinds.ts'
import { at, exists, listAt, textAt } from './raw-object.ts'

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never'

/** One field that names an image. */
export type ImageUse = {
  /** As a user would find it in the object: `spec.template.spec.containers[0].image`. */
  readonly fieldPath: string
  readonly image: string
  readonly pullPolicy: PullPolicy
  /** `containers/app`: names the container or volume across an update, where positions may shift. */
  readonly slot: string
}

export type SecretReference = { readonly name: string; readonly fieldPath: string }

export type Workload = {
  readonly apiVersion: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid?: string
  /** `Deployment/pay` where an ownerReference names a controller. */
  readonly owner?: string
  /** A Pod's list of pull secrets is final; a template gets its service account's when it names none. */
  readonly isTemplate: boolean
  readonly serviceAccount: string
  readonly serviceAccountPath: string
  /** In order. Empty names are left out, as the kubelet leaves them out (kubelet_pods.go: getPullSecretsForPod). */
  readonly pullSecrets: readonly SecretReference[]
  /** An entry of any kind, even an empty name, keeps the service account's pull secrets away (admission plugin ServiceAccount). */
  readonly namesPullSecrets: boolean
  /** The fields that decide which nodes may run it, as text to compare. */
  readonly platformSelector: string
  readonly images: readonly ImageUse[]
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const

const pullPolicyOf = (value: string): PullPolicy => (value === 'Always' || value === 'Never' ? value : 'IfNotPresent')

const containerImages = (podSpec: unknown, prefix: string): readonly ImageUse[] =>
  containerLists.flatMap((list) =>
    listAt(podSpec, list).map((container, index) => ({
      fieldPath: `${prefix}.${list}[${index}].image`,
      image: textAt(container, 'image'),
      pullPolicy: pullPolicyOf(textAt(container, 'imagePullPolicy')),
      slot: `${list}/${textAt(container, 'name')}`,
    })),
  )

/** Image volumes are pulled like containers' images, with the same secrets (KEP-4639). */
const volumeImages = (podSpec: unknown, prefix: string): readonly ImageUse[] =>
  listAt(podSpec, 'volumes').flatMap((volume, index) =>
    exists(at(volume, 'image'))
      ? [
          {
            fieldPath: `${prefix}.volumes[${index}].image.reference`,
            image: textAt(volume, 'image', 'reference'),
            pullPolicy: pullPolicyOf(textAt(volume, 'image', 'pullPolicy')),
            slot: `volumes/${textAt(volume, 'name')}`,
          },
        ]
      : [],
  )

const pullSecretsOf = (podSpec: unknown, prefix: string): readonly SecretReference[] =>
  listAt(podSpec, 'imagePullSecrets').flatMap((entry, index) => {
    const name = textAt(entry, 'name')
    return name === '' ? [] : [{ name, fieldPath: `${prefix}.imagePullSecrets[${index}].name` }]
  })

const platformSelectorOf = (podSpec: unknown): string =>
  JSON.stringify([
    at(podSpec, 'nodeSelector'),
    at(podSpec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'),
    at(podSpec, 'os', 'name'),
    at(podSpec, 'runtimeClassName'),
  ])

/** `Kind/name` of the owner that controls the object. */
export const controllerOf = (object: unknown): string | undefined => {
  const owner = listAt(object, 'metadata', 'ownerReferences').find((reference) => at(reference, 'controller') === true)
  return owner === undefined ? undefined : `${textAt(owner, 'kind')}/${textAt(owner, 'name')}`
}

/** The object of a kind in the table; `namespace` stands in where the object names none. */
export const workloadOf = (row: KindRow, object: unknown, namespace: string): Workload => {
  const podSpec = at(object, ...row.podSpec)
  const prefix = row.podSpec.join('.')
  const uid = textAt(object, 'metadata', 'uid')
  const owner = controllerOf(object)
  return {
    apiVersion: row.group === '' ? row.version : `${row.group}/${row.version}`,
    kind: row.kind,
    namespace: textAt(object, 'metadata', 'namespace') || namespace,
    name: textAt(object, 'metadata', 'name') || textAt(object, 'metadata', 'generateName'),
    ...(uid === '' ? {} : { uid }),
    ...(owner === undefined ? {} : { owner }),
    isTemplate: row.kind !== 'Pod',
    serviceAccount: textAt(podSpec, 'serviceAccountName') || textAt(podSpec, 'serviceAccount') || 'default',
    serviceAccountPath: `${prefix}.serviceAccountName`,
    pullSecrets: pullSecretsOf(podSpec, prefix),
    namesPullSecrets: listAt(podSpec, 'imagePullSecrets').length > 0,
    platformSelector: platformSelectorOf(podSpec),
    images: [...containerImages(podSpec, prefix), ...volumeImages(podSpec, prefix)],
  }
}

const sameSecrets = (a: Workload, b: Workload): boolean =>
  a.namesPullSecrets === b.namesPullSecrets &&
  a.serviceAccount === b.serviceAccount &&
  JSON.stringify(a.pullSecrets.map(({ name }) => name)) === JSON.stringify(b.pullSecrets.map(({ name }) => name))

const asPulled = ({ slot, image, pullPolicy }: ImageUse): string => JSON.stringify([slot, image, pullPolicy])

/**
 * The images an update makes worth judging: those of containers whose image or pull policy changed, and all of them
 * where what they are pulled with, or where they may run, changed.
 */
export const changedImages = (now: Workload, before: Workload): readonly ImageUse[] => {
  if (!sameSecrets(now, before) || now.platformSelector !== before.platformSelector) return now.images
  const earlier = new Set(before.images.map(asPulled))
  return now.images.filter((use) => !earlier.has(asPulled(use)))
}
