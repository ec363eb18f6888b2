/**
 * Whether a request is judged at all: the life of an object, from its creation to its finalizers, decided from the
 * request alone. Most requests of a running cluster end here, without a question to anybody.
 */
import type { Admission } from './admission.ts'
import { kindRow } from './kinds.ts'
import { at, exists } from './raw-object.ts'
import { changedImages, controllerOf, type Workload, workloadOf } from './workload.ts'

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
      /** With the images to judge; on an update the changed ones only. */
      readonly workload: Workload
      /** Made by a controller, not by a user: a denial would hurt a running workload, not teach anybody. */
      readonly owned: boolean
      /** A ReplicaSet scaled to nothing is history kept for rollbacks: it pulls nothing. */
      readonly idle: boolean
    }

const unjudged = (because: Unjudged): Plan => ({ judge: false, because })

/**
 * Subresources of Pods that are judged when they carry a PodSpec: `ephemeralcontainers`, and every one that is not
 * known yet, so that a new way to set an image is not a way around. The rest have no images to change.
 */
const skipsSubresource = ({ kind, subresource, object }: Admission): boolean => {
  if (subresource === '') return false
  if (kind !== 'Pod' || subresource === 'status') return true
  return !exists(at(object, 'spec', 'containers'))
}

const isMirror = ({ kind, object }: Admission): boolean =>
  kind === 'Pod' && exists(at(object, 'metadata', 'annotations', 'kubernetes.io/config.mirror'))

/** ServiceAccounts and the control plane's own users all begin with `system:`; no user or certificate may claim that by accident. */
const isSystemUser = ({ user }: Admission): boolean => user.username.startsWith('system:')

const unjudgedByItself = (admission: Admission): Unjudged | undefined => {
  if (admission.operation !== 'CREATE' && admission.operation !== 'UPDATE') return 'operation'
  if (skipsSubresource(admission)) return 'subresource'
  if (exists(at(admission.object, 'metadata', 'deletionTimestamp'))) return 'deleting'
  return isMirror(admission) ? 'mirror' : undefined
}

export const planOf = (admission: Admission): Plan => {
  const row = kindRow(admission.group, admission.kind)
  if (row === undefined) return unjudged('not-a-workload')
  const because = unjudgedByItself(admission)
  if (because !== undefined) return unjudged(because)

  const now = workloadOf(row, admission.object, admission.namespace)
  const isUpdate = admission.operation === 'UPDATE' && exists(admission.oldObject)
  const images = isUpdate ? changedImages(now, workloadOf(row, admission.oldObject, admission.namespace)) : now.images
  if (images.length === 0) return unjudged(isUpdate ? 'unchanged' : 'no-images')
  return {
    judge: true,
    workload: { ...now, name: now.name || admission.name, images },
    owned: controllerOf(admission.object) !== undefined && isSystemUser(admission),
    idle: row.kind === 'ReplicaSet' && at(admission.object, 'spec', 'replicas') === 0,
  }
}
