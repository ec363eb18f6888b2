/**
 * Who and what is not looked at. All but images is decided from the request alone, before anything is parsed: a fault
 * of ours cannot hurt an exempt namespace, and an outage cannot slow it.
 */
import type { Admission } from './admission.ts'
import { type Found, walk } from './field-path.ts'
import { type Kind, type KindTable, kindIn, shippedKinds } from './kind-table.ts'
import { textAt } from './raw-object.ts'

/** Globs have become predicates; everything else is compared exactly, as Pod Security Admission does. */
export type Exemptions = {
  readonly namespaces: (namespace: string) => boolean
  readonly usernames: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly runtimeClasses: ReadonlySet<string>
  /** Given the image string as written. */
  readonly images: (image: string) => boolean
}

export type ExemptionKind = 'namespace' | 'user' | 'group' | 'runtime-class' | 'image'

const isBelow = (path: string, pod: Found): boolean =>
  path.startsWith(`${pod.fieldPath}.`) || path.startsWith(`${pod.fieldPath}[`)

const hasImageOutside = (kind: Kind, object: unknown, pods: readonly Found[]): boolean =>
  kind.images
    .flatMap((path) => walk(object, path))
    .filter(({ value }) => typeof value === 'string' && value.trim() !== '')
    .some(({ fieldPath }) => !pods.some((pod) => isBelow(fieldPath, pod)))

/** An object with several PodSpecs is exempt where all of them are, and where no image is outside them: it has no class. */
const hasExemptClass = (admission: Admission, kinds: KindTable, { runtimeClasses }: Exemptions): boolean => {
  if (runtimeClasses.size === 0) return false
  const kind = kindIn(kinds, admission.group, admission.kind)
  if (kind === undefined) return false
  const pods = kind.podSpecs.flatMap((path) => walk(admission.object, path))
  if (pods.length === 0 || hasImageOutside(kind, admission.object, pods)) return false
  return pods.every(({ value }) => runtimeClasses.has(textAt(value, 'runtimeClassName')))
}

/** What exempts the whole request, if anything does. */
export const exemptionOf = (
  admission: Admission,
  { exemptions, kinds = shippedKinds }: { readonly exemptions: Exemptions; readonly kinds?: KindTable },
): ExemptionKind | undefined => {
  const { user, namespace } = admission
  if (exemptions.namespaces(namespace)) return 'namespace'
  if (exemptions.usernames.has(user.username)) return 'user'
  if (user.groups.some((group) => exemptions.groups.has(group))) return 'group'
  return hasExemptClass(admission, kinds, exemptions) ? 'runtime-class' : undefined
}
