/**
 * The built-in kinds that run containers. One row is everything a kind needs: the webhook rules and RBAC in
 * `manifests/` are tested to agree with this table.
 */
export type KindRow = {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly resource: string
  /** Where its PodSpec lies. */
  readonly podSpec: readonly string[]
}

const workload = (group: string, kind: string, podSpec: string): KindRow => ({
  group,
  version: 'v1',
  kind,
  resource: `${kind.toLowerCase()}s`,
  podSpec: podSpec.split('.'),
})

export const builtInKinds: readonly KindRow[] = [
  workload('', 'Pod', 'spec'),
  workload('', 'PodTemplate', 'template.spec'),
  workload('', 'ReplicationController', 'spec.template.spec'),
  workload('apps', 'ReplicaSet', 'spec.template.spec'),
  workload('apps', 'Deployment', 'spec.template.spec'),
  workload('apps', 'StatefulSet', 'spec.template.spec'),
  workload('apps', 'DaemonSet', 'spec.template.spec'),
  workload('batch', 'Job', 'spec.template.spec'),
  workload('batch', 'CronJob', 'spec.jobTemplate.spec.template.spec'),
]

/** Versions are not compared: `matchPolicy: Equivalent` delivers the registered one, and every version has had this shape. */
export const kindRow = (group: string, kind: string): KindRow | undefined =>
  builtInKinds.find((row) => row.group === group && row.kind === kind)
