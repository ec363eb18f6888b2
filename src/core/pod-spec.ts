/** What a PodSpec, wherever it lies in an object, says about images and how they are pulled. */
import type { Found } from './field-path.ts'
import { at, exists, listAt, textAt } from './raw-object.ts'

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never'

/** One field that names an image. */
export type ImageUse = {
  /** As a user would find it in the object: `spec.template.spec.containers[0].image`. */
  readonly fieldPath: string
  readonly image: string
  readonly pullPolicy: PullPolicy
  /** `spec.template.spec.containers/app`: names the field across an update, where positions may shift. */
  readonly slot: string
  /** To be filled in by a template engine: nothing can be said of it yet. */
  readonly isPlaceholder?: true
}

export type SecretReference = { readonly name: string; readonly fieldPath: string }

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'] as const

export const pullPolicyOf = (value: string): PullPolicy =>
  value === 'Always' || value === 'Never' ? value : 'IfNotPresent'

const containerImages = ({ value, fieldPath, place }: Found): readonly ImageUse[] =>
  containerLists.flatMap((list) =>
    listAt(value, list).map((container, index) => ({
      fieldPath: `${fieldPath}.${list}[${index}].image`,
      image: textAt(container, 'image'),
      pullPolicy: pullPolicyOf(textAt(container, 'imagePullPolicy')),
      slot: `${place}.${list}/${textAt(container, 'name') || index}`,
    })),
  )

/** Image volumes are pulled like containers' images, with the same secrets (KEP-4639). */
const volumeImages = ({ value, fieldPath, place }: Found): readonly ImageUse[] =>
  listAt(value, 'volumes').flatMap((volume, index) =>
    exists(at(volume, 'image'))
      ? [
          {
            fieldPath: `${fieldPath}.volumes[${index}].image.reference`,
            image: textAt(volume, 'image', 'reference'),
            pullPolicy: pullPolicyOf(textAt(volume, 'image', 'pullPolicy')),
            slot: `${place}.volumes/${textAt(volume, 'name') || index}`,
          },
        ]
      : [],
  )

export const imagesOfPod = (pod: Found): readonly ImageUse[] => [...containerImages(pod), ...volumeImages(pod)]

/** In order. Empty names are left out, as the kubelet leaves them out (kubelet_pods.go: getPullSecretsForPod). */
export const secretsOfPod = ({ value, fieldPath }: Found): readonly SecretReference[] =>
  listAt(value, 'imagePullSecrets').flatMap((entry, index) => {
    const name = textAt(entry, 'name')
    return name === '' ? [] : [{ name, fieldPath: `${fieldPath}.imagePullSecrets[${index}].name` }]
  })

/** An entry of any kind, even an empty name, keeps the service account's pull secrets away (admission plugin ServiceAccount). */
export const podNamesSecrets = ({ value }: Found): boolean => listAt(value, 'imagePullSecrets').length > 0

export const accountOfPod = ({ value }: Found): string =>
  textAt(value, 'serviceAccountName') || textAt(value, 'serviceAccount')

/** The fields that decide which nodes may run it, as text to compare. */
export const platformSelectorOf = (podSpec: unknown): string =>
  JSON.stringify([
    at(podSpec, 'nodeSelector'),
    at(podSpec, 'affinity', 'nodeAffinity', 'requiredDuringSchedulingIgnoredDuringExecution'),
    at(podSpec, 'os', 'name'),
    at(podSpec, 'runtimeClassName'),
  ])
