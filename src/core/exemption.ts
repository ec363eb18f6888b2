/**
 * Who and what is not looked at. All but images is decided from the request alone, before anything is parsed: a fault
 * of ours cannot hurt an exempt namespace, and an outage cannot slow it.
 */
import type { Admission } from './admission.ts'
import { kindRow } from './kinds.ts'
import { textAt } from './raw-object.ts'
import type { ImageUse } from './workload.ts'

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

const runtimeClassOf = ({ group, kind, object }: Admission): string => {
  const row = kindRow(group, kind)
  return row === undefined ? '' : textAt(object, ...row.podSpec, 'runtimeClassName')
}

const isExempt: Readonly<
  Record<Exclude<ExemptionKind, 'image'>, (admission: Admission, exemptions: Exemptions) => boolean>
> = {
  namespace: ({ namespace }, { namespaces }) => namespaces(namespace),
  user: ({ user }, { usernames }) => usernames.has(user.username),
  group: ({ user }, { groups }) => user.groups.some((group) => groups.has(group)),
  'runtime-class': (admission, { runtimeClasses }) =>
    runtimeClasses.size > 0 && runtimeClasses.has(runtimeClassOf(admission)),
}

const kinds = Object.keys(isExempt) as readonly (keyof typeof isExempt)[]

/** What exempts the whole request, if anything does. */
export const exemptionOf = (admission: Admission, exemptions: Exemptions): ExemptionKind | undefined =>
  kinds.find((kind) => isExempt[kind](admission, exemptions))

export const splitExempt = (
  uses: readonly ImageUse[],
  { images }: Exemptions,
): { readonly exempt: readonly ImageUse[]; readonly left: readonly ImageUse[] } => ({
  exempt: uses.filter(({ image }) => images(image)),
  left: uses.filter(({ image }) => !images(image)),
})
