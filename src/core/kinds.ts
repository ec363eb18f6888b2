/**
 * The kinds that run containers, as data, and the built-in ones of them. One row is everything a kind needs: the webhook
 * rules in `manifests/` are tested to agree with these tables. Paths are as in `field-path.ts`.
 */

/** What it takes to judge a kind; `workloads:` of the configuration has rows of this shape. */
export type KindPaths = {
  /** Empty for the kinds of Kubernetes' core group. */
  readonly group: string
  readonly kind: string
  /** Where PodSpecs lie, or what has the same fields. */
  readonly podSpecs?: readonly string[]
  /** Image strings outside the fields of a PodSpec. One below a PodSpec is pulled with what that PodSpec names. */
  readonly images?: readonly string[]
  /** Names of pull secrets for the images, and for PodSpecs that name none. */
  readonly pullSecrets?: readonly string[]
  /** The service account of the images, and of PodSpecs that name none. */
  readonly serviceAccount?: string
  /**
   * Something else fills it in before it runs: strings with a placeholder are skipped, and where it names neither pull
   * secret nor service account, only whoever fills it in knows what its images are pulled with.
   */
  readonly templated?: boolean
}

export type KindRow = KindPaths & {
  readonly resource: string
  /** Those that share these paths. */
  readonly versions: readonly string[]
  readonly clusterScoped?: true
}

const workload = (group: string, kind: string, podSpec: string): KindRow => ({
  group,
  versions: ['v1'],
  kind,
  resource: `${kind.toLowerCase()}s`,
  podSpecs: [podSpec],
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
