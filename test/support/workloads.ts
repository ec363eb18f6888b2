// Minimal valid objects, as the API server would send them, and a tweak for each case: what a test changes is what it is
// about.
import type { Admission } from '../../src/core/admission.ts'
import { type Kind, kindIn, shippedKinds } from '../../src/core/kind-table.ts'
import { builtInKinds, type KindRow } from '../../src/core/kinds.ts'
import { type Workload, workloadsOf } from '../../src/core/workload.ts'

export type RawPodSpec = Record<string, unknown>
export type RawObject = Record<string, unknown> & { metadata: Record<string, unknown> }

export const podSpec = (tweak: RawPodSpec = {}): RawPodSpec => ({
  containers: [{ name: 'app', image: 'reg.example/pay:v1' }],
  ...tweak,
})

export const rowFor = (kind: string): KindRow => {
  const row = builtInKinds.find((candidate) => candidate.kind === kind)
  if (row === undefined) throw new Error(`no row for kind ${kind}`)
  return row
}

export const kindFor = (kind: string): Kind => {
  const { group } = rowFor(kind)
  const found = kindIn(shippedKinds, group, kind)
  if (found === undefined) throw new Error(`no kind ${kind} in the table`)
  return found
}

const only = (workloads: readonly Workload[]): Workload => {
  const [workload, ...others] = workloads
  if (workload === undefined || others.length > 0) throw new Error(`${workloads.length} workloads instead of one`)
  return workload
}

const under = (path: readonly string[], value: unknown): unknown =>
  path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value)

/** An object of a built-in kind around a PodSpec; `metadata` is added to a name and a namespace. */
export const objectOf = (
  kind: string,
  spec: RawPodSpec = podSpec(),
  metadata: Record<string, unknown> = {},
): RawObject => {
  const { podSpecs: [path = ''] = [], group, versions } = rowFor(kind)
  const [version = ''] = versions
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind,
    metadata: { name: 'pay', namespace: 'shop', ...metadata },
    ...(under(path.split('.'), spec) as object),
  }
}

export const workloadFor = (kind: string, spec?: RawPodSpec, metadata?: Record<string, unknown>): Workload =>
  only(workloadsOf(kindFor(kind), objectOf(kind, spec, metadata), 'shop'))

/** A workload with these images, in containers `c0`, `c1`, …; a Deployment unless another kind is named. */
export const workloadWithImages = (images: readonly string[], kind = 'Deployment'): Workload =>
  workloadFor(kind, podSpec({ containers: images.map((image, index) => ({ name: `c${index}`, image })) }))

export const controlledBy = (kind: string, name: string): Record<string, unknown> => ({
  ownerReferences: [{ apiVersion: 'apps/v1', kind, name, uid: 'f0', controller: true }],
})

/** A user creates an object of this kind. */
export const admissionOf = (kind: string, object: unknown, tweak: Partial<Admission> = {}): Admission => {
  const {
    group,
    versions: [version = ''],
  } = rowFor(kind)
  return {
    uid: 'e1',
    operation: 'CREATE',
    group,
    version,
    kind,
    subresource: '',
    namespace: 'shop',
    name: 'pay',
    object,
    oldObject: null,
    dryRun: false,
    user: { username: 'ada', groups: ['system:authenticated'] },
    ...tweak,
  }
}

/** What comes from controllers comes with such a name. */
export const controllerUser: Admission['user'] = {
  username: 'system:serviceaccount:kube-system:replicaset-controller',
  groups: ['system:serviceaccounts', 'system:authenticated'],
}
