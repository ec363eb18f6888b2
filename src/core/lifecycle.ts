/**
 * Whether a request is judged at all: the life of an object, from its creation to its finalizers, decided from the
 * request alone. Most requests of a running cluster end here, without a question to anybody.
 */
import type { Admission } from './admission.ts'
import { withChangedImages } from './changed-images.ts'
import { type KindTable, kindIn, shippedKinds } from './kind-table.ts'
import { at, exists } from './raw-object.ts'
import { controllerOf, type Workload, workloadsOf } from './workload.ts'

/** Why a request is allowed unseen. */
export type Unjudged =
  | 'not-a-workload'
  | 'operation'
  | 'subresource'
  | 'deleting'
  | 'mirror'
  | 'unchanged'
  | 'no-images'

export type Plan =
  | { readonly judge: false; readonly because: Unjudged }
  | {
      readonly judge: true
      /** One for each way in which images of the object are pulled, with the images to judge; on an update the changed ones only. */
      readonly workloads: readonly [Workload, ...Workload[]]
      /** Made by a controller, not by a user: a denial would hurt a running workload, not teach anybody. */
      readonly owned: boolean
      /** A ReplicaSet scaled to nothing is history kept for rollbacks: it pulls nothing. */
      readonly idle: boolean
    }

const unjudged = (because: Unjudged): Plan => ({ judge: false, because })

const isPod = ({ group, kind }: Admission): boolean => group === '' && kind === 'Pod'

/**
 * Subresources of Pods that are judged when they carry a PodSpec: `ephemeralcontainers`, and every one that is not
 * known yet, so that a new way to set an image is not a way around. The rest have no images to change.
 */
const skipsSubresource = (admission: Admission): boolean => {
  const { subresource, object } = admission
  if (subresource === '') return false
  if (!isPod(admission) || subresource === 'status') return true
  return !exists(at(object, 'spec', 'containers'))
}

const isMirror = (admission: Admission): boolean =>
  isPod(admission) && exists(at(admission.object, 'metadata', 'annotations', 'kubernetes.io/config.mirror'))

/** ServiceAccounts and the control plane's own users all begin with `system:`; no user or certificate may claim that by accident. */
const isSystemUser = ({ user }: Admission): boolean => user.username.startsWith('system:')

const unjudgedByItself = (admission: Admission): Unjudged | undefined => {
  if (admission.operation !== 'CREATE' && admission.operation !== 'UPDATE') return 'operation'
  if (skipsSubresource(admission)) return 'subresource'
  if (exists(at(admission.object, 'metadata', 'deletionTimestamp'))) return 'deleting'
  return isMirror(admission) ? 'mirror' : undefined
}

/** A ReplicaSet of Kubernetes, not one of an operator that may mean something else by 0. */
const isIdle = ({ group, kind, object }: Admission): boolean =>
  group === 'apps' && kind === 'ReplicaSet' && at(object, 'spec', 'replicas') === 0

export const planOf = (admission: Admission, kinds: KindTable = shippedKinds): Plan => {
  const kind = kindIn(kinds, admission.group, admission.kind)
  if (kind === undefined) return unjudged('not-a-workload')
  const because = unjudgedByItself(admission)
  if (because !== undefined) return unjudged(because)

  const isUpdate = admission.operation === 'UPDATE' && exists(admission.oldObject)
  const workloadsIn = (object: unknown) => workloadsOf(kind, object, admission.namespace)
  const before = isUpdate ? workloadsIn(admission.oldObject) : []
  const [first, ...others] = withChangedImages(workloadsIn(admission.object), before).map((workload) => ({
    ...workload,
    name: workload.name || admission.name,
  }))
  if (first === undefined) return unjudged(isUpdate ? 'unchanged' : 'no-images')
  return {
    judge: true,
    workloads: [first, ...others],
    owned: controllerOf(admission.object) !== undefined && isSystemUser(admission),
    idle: isIdle(admission),
  }
}
