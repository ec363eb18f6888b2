import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import type { Admission } from '../../src/core/admission.ts'
import { judgeAdmission } from '../../src/core/judge.ts'
import { builtInKinds } from '../../src/core/kinds.ts'
import { type Plan, planOf, type Unjudged } from '../../src/core/lifecycle.ts'
import { settingsOf } from '../support/policies.ts'
import { contextOf, countedPorts } from '../support/ports.ts'
import { admissionOf, controlledBy, controllerUser, objectOf, podSpec, workloadFor } from '../support/workloads.ts'

const recordings = join(import.meta.dirname, '../fixtures/admission-reviews')

/** The door's decoding has tests of its own; this one takes the recordings as they are. */
const recorded = (name: string): Admission => {
  const { request } = JSON.parse(readFileSync(join(recordings, `${name}.json`), 'utf8')) as {
    request: Pick<Admission, 'uid' | 'operation' | 'name' | 'namespace' | 'object' | 'oldObject' | 'dryRun'> & {
      kind: Pick<Admission, 'group' | 'version' | 'kind'>
      subResource?: string
      userInfo: Admission['user']
    }
  }
  const { kind, subResource = '', userInfo, ...rest } = request
  return { ...rest, ...kind, subresource: subResource, user: userInfo }
}

/** How often the cluster and the registries are asked for one request. */
const questions = async (admission: Admission): Promise<number> => {
  const counted = countedPorts()
  const evaluator = {
    ports: counted.ports,
    nodeCredentials: () => false,
    proxyCaches: () => false,
    now: () => '2026-11-20T00:00:00Z',
  }
  await judgeAdmission(admission, settingsOf(), evaluator, { mode: undefined, context: contextOf() })
  return counted.worldly()
}

const imagesOf = (plan: Plan): readonly string[] | Unjudged =>
  plan.judge ? plan.workloads.flatMap(({ images }) => images.map(({ image }) => image)) : plan.because

/** Sent by a user: the images to judge; each costs one question, and the pull secrets one more. */
const judged: Readonly<Record<string, readonly string[]>> = {
  'cronjob-create.CREATE-cronjobs': ['busybox:1.36'],
  'cronjob-set-image.UPDATE-cronjobs': ['busybox:1.37'],
  'deployment-client-apply-create.CREATE-deployments': ['nginx:1.27'],
  'deployment-client-apply-update.UPDATE-deployments': ['nginx:1.28'],
  'deployment-create.CREATE-deployments': ['nginx:1.25'],
  'deployment-kubectl-diff.UPDATE-deployments-dryrun': ['nginx:1.28'],
  'deployment-server-side-apply-create.CREATE-deployments': ['nginx:1.25'],
  'deployment-server-side-apply-update.UPDATE-deployments': ['nginx:1.27'],
  'deployment-set-image.UPDATE-deployments': ['nginx:1.26'],
  'job-create.CREATE-jobs': ['busybox:1.36'],
  'job-from-cronjob.CREATE-jobs': ['busybox:1.36'],
  'other-controllers-create.CREATE-daemonsets': ['fluent-bit:3'],
  'other-controllers-create.CREATE-podtemplates': ['nginx:1.25'],
  'other-controllers-create.CREATE-replicasets': ['nginx:1.25'],
  'other-controllers-create.CREATE-replicationcontrollers': ['nginx:1.25'],
  'other-controllers-create.CREATE-statefulsets': ['postgres:16'],
  'pod-create-all-image-fields-generatename.CREATE-pods': [
    'busybox:1.36',
    'ghcr.io/acme/proxy:v1',
    `registry.example.com:5000/acme/app@sha256:${'a'.repeat(64)}`,
    'nginx',
    'quay.io/acme/model:v3',
  ],
  'pod-create-by-serviceaccount-token.CREATE-pods': ['nginx:1.25'],
  'pod-create-dry-run-server.CREATE-pods-dryrun': ['nginx:1.25'],
  'pod-create-impersonated.CREATE-pods': ['nginx:1.25'],
  'pod-create-sa-injected-pull-secrets.CREATE-pods': ['127.0.0.1:5000/team/app:1.0'],
  'pod-create.CREATE-pods': ['nginx:1.25'],
  'pod-ephemeral-container-add.UPDATE-pods_ephemeralcontainers': ['busybox:1.36'],
  'pod-update-image.UPDATE-pods': ['nginx:1.26'],
}

/** imagePullPolicy is Never for one container of this Pod, which is therefore not asked about. */
const neverPulled: Readonly<Record<string, number>> = { 'pod-create-all-image-fields-generatename.CREATE-pods': 1 }
/** ReplicaSets with no replicas: judged, and never denied. */
const idle = ['deployment-rollout-restart.CREATE-replicasets', 'other-controllers-create.CREATE-replicasets']

/** Made by a controller: judged from memory, so it costs nobody a question. */
const owned: Readonly<Record<string, readonly string[]>> = {
  'deployment-client-apply-create.CREATE-pods': ['nginx:1.27'],
  'deployment-client-apply-create.CREATE-replicasets': ['nginx:1.27'],
  'deployment-client-apply-update.CREATE-pods': ['nginx:1.28'],
  'deployment-client-apply-update.CREATE-replicasets': ['nginx:1.28'],
  'deployment-create.CREATE-pods': ['nginx:1.25'],
  'deployment-create.CREATE-replicasets': ['nginx:1.25'],
  'deployment-rollout-restart.CREATE-pods': ['nginx:1.26'],
  'deployment-rollout-restart.CREATE-replicasets': ['nginx:1.26'],
  'deployment-scale.CREATE-pods': ['nginx:1.25'],
  'deployment-server-side-apply-create.CREATE-pods': ['nginx:1.25'],
  'deployment-server-side-apply-create.CREATE-replicasets': ['nginx:1.25'],
  'deployment-server-side-apply-update.CREATE-pods': ['nginx:1.27'],
  'deployment-server-side-apply-update.CREATE-replicasets': ['nginx:1.27'],
  'deployment-set-image.CREATE-pods': ['nginx:1.26'],
  'deployment-set-image.CREATE-replicasets': ['nginx:1.26'],
  'job-create.CREATE-pods': ['busybox:1.36'],
  'job-from-cronjob.CREATE-pods': ['busybox:1.36'],
  'other-controllers-create.CREATE-pods': ['postgres:16'],
}

const unjudged: Readonly<Partial<Record<Unjudged, readonly string[]>>> = {
  unchanged: [
    'cronjob-suspend.UPDATE-cronjobs',
    'deployment-annotate-only.UPDATE-deployments',
    'deployment-annotate-only.UPDATE-replicasets',
    'deployment-pause.UPDATE-deployments',
    'deployment-rollout-restart.UPDATE-deployments',
    'deployment-rollout-restart.UPDATE-replicasets',
    'deployment-rollout-restart.UPDATE-replicasets.2',
    'deployment-rollout-undo.UPDATE-deployments',
    'deployment-rollout-undo.UPDATE-replicasets',
    'deployment-scale.UPDATE-replicasets',
    'deployment-server-side-apply-dry-run.UPDATE-deployments-dryrun',
    'deployment-server-side-apply-noop.UPDATE-deployments',
    'deployment-update-labels-only.UPDATE-deployments',
    'pod-resize-subresource.UPDATE-pods_resize',
    'pod-update-labels-only.UPDATE-pods',
    'pod-update-metadata-finalizer-while-deleting.UPDATE-pods',
  ],
  deleting: [
    'deployment-finalizer-removal-while-deleting.UPDATE-deployments',
    'deployment-foreground-delete.UPDATE-deployments',
    'deployment-foreground-delete.UPDATE-replicasets',
    'deployment-foreground-delete.UPDATE-replicasets.2',
    'pod-update-metadata-finalizer-while-deleting.UPDATE-pods.2',
  ],
  mirror: ['pod-create-mirror.CREATE-pods'],
  'not-a-workload': ['deployment-scale.UPDATE-deployments_scale'],
}

t.test('the tables name every recording once', async (t) => {
  const named = [...Object.keys(judged), ...Object.keys(owned), ...Object.values(unjudged).flat()]
  const files = readdirSync(recordings).filter((name) => name.endsWith('.json'))
  t.strictSame(named.toSorted(), files.map((name) => name.slice(0, -'.json'.length)).toSorted())
})

t.test('recordings that are judged', async (t) => {
  for (const [name, images] of Object.entries(judged)) {
    const plan = planOf(recorded(name))
    t.strictSame(imagesOf(plan), images, name)
    t.match(plan, { owned: false, idle: idle.includes(name) }, name)
    t.equal(await questions(recorded(name)), 1 + images.length - (neverPulled[name] ?? 0), `questions: ${name}`)
  }
})

t.test('recordings of what controllers make', async (t) => {
  for (const [name, images] of Object.entries(owned)) {
    const plan = planOf(recorded(name))
    t.strictSame(imagesOf(plan), images, name)
    t.match(plan, { owned: true, idle: idle.includes(name) }, name)
    t.equal(await questions(recorded(name)), 0, `questions: ${name}`)
  }
})

t.test('recordings that are allowed unseen', async (t) => {
  for (const [because, names] of Object.entries(unjudged)) {
    for (const name of names) {
      t.strictSame(planOf(recorded(name)), { judge: false, because }, name)
      t.equal(await questions(recorded(name)), 0, `questions: ${name}`)
    }
  }
})

const pod = objectOf('Pod')
const podV2 = objectOf('Pod', podSpec({ containers: [{ name: 'app', image: 'reg.example/pay:v2' }] }))
const debug = { ephemeralContainers: [{ name: 'debug', image: 'reg.example/debug:v1' }] }
const debugged = objectOf('Pod', podSpec(debug))
const replicaSet = (replicas: unknown) => {
  const object = objectOf('ReplicaSet')
  return { ...object, spec: { ...(object['spec'] as object), replicas } }
}
const update = (oldObject: unknown, tweak: Partial<Admission> = {}) =>
  ({ operation: 'UPDATE', oldObject, ...tweak }) as const
const pay = 'reg.example/pay:v1'

type Case = readonly [what: string, admission: Admission, expected: readonly string[] | Unjudged]
const cases: readonly Case[] = [
  ...builtInKinds.map(({ kind }): Case => [`CREATE of ${kind}`, admissionOf(kind, objectOf(kind)), [pay]]),
  ['a kind of another group', admissionOf('Deployment', pod, { group: 'example.com' }), 'not-a-workload'],
  ['an unknown kind', admissionOf('Pod', pod, { kind: 'Widget' }), 'not-a-workload'],
  ['an older version of a kind', admissionOf('CronJob', objectOf('CronJob'), { version: 'v1beta1' }), [pay]],
  ['UPDATE of an image', admissionOf('Pod', podV2, update(pod)), ['reg.example/pay:v2']],
  ['UPDATE of nothing', admissionOf('Pod', pod, update(pod)), 'unchanged'],
  ['UPDATE without the old object', admissionOf('Pod', pod, update(null)), [pay]],
  ['CREATE that carries an old object', admissionOf('Pod', pod, { oldObject: pod }), [pay]],
  ['DELETE', admissionOf('Pod', null, { operation: 'DELETE', oldObject: pod }), 'operation'],
  ['CONNECT', admissionOf('Pod', null, { operation: 'CONNECT', subresource: 'exec' }), 'operation'],
  [
    'being deleted',
    admissionOf('Pod', objectOf('Pod', podSpec(), { deletionTimestamp: 'x' }), update(podV2)),
    'deleting',
  ],
  ['no deletion yet', admissionOf('Pod', objectOf('Pod', podSpec(), { deletionTimestamp: null })), [pay]],
  ['status of a Pod', admissionOf('Pod', podV2, update(pod, { subresource: 'status' })), 'subresource'],
  [
    'status of a Deployment',
    admissionOf('Deployment', objectOf('Deployment'), { subresource: 'status' }),
    'subresource',
  ],
  ['scale', admissionOf('Pod', {}, { group: 'autoscaling', kind: 'Scale', subresource: 'scale' }), 'not-a-workload'],
  ['binding', admissionOf('Pod', { target: {} }, { kind: 'Binding', subresource: 'binding' }), 'not-a-workload'],
  [
    'eviction',
    admissionOf('Pod', {}, { group: 'policy', kind: 'Eviction', subresource: 'eviction' }),
    'not-a-workload',
  ],
  ['a new subresource without a PodSpec', admissionOf('Pod', { spec: {} }, { subresource: 'nap' }), 'subresource'],
  [
    'a new subresource with one',
    admissionOf('Pod', podV2, update(pod, { subresource: 'nap' })),
    ['reg.example/pay:v2'],
  ],
  [
    'ephemeral containers: only the new one',
    admissionOf('Pod', debugged, update(pod, { subresource: 'ephemeralcontainers' })),
    ['reg.example/debug:v1'],
  ],
  [
    'ephemeral containers: none new',
    admissionOf('Pod', debugged, update(debugged, { subresource: 'ephemeralcontainers' })),
    'unchanged',
  ],
  [
    'a mirror Pod',
    admissionOf('Pod', objectOf('Pod', podSpec(), { annotations: { 'kubernetes.io/config.mirror': '' } })),
    'mirror',
  ],
  [
    'the mirror mark on what is no Pod',
    admissionOf('Job', objectOf('Job', podSpec(), { annotations: { 'kubernetes.io/config.mirror': 'x' } })),
    [pay],
  ],
  ['no containers at all', admissionOf('Pod', objectOf('Pod', {})), 'no-images'],
  ['no object', admissionOf('Pod', null), 'no-images'],
]

t.test('the life of an object', async (t) => {
  for (const [what, admission, expected] of cases) t.strictSame(imagesOf(planOf(admission)), expected, what)
})

t.test('the whole workload is kept beside the images that changed', async (t) => {
  const plan = planOf(admissionOf('Pod', debugged, update(pod)))
  const whole = workloadFor('Pod', podSpec(debug))
  t.match(plan, { judge: true, workloads: [{ ...whole, images: [whole.images[1]] }] })
})

t.test('the request names the object where the object does not', async (t) => {
  const nameless = objectOf('Pod', podSpec(), { name: undefined })
  t.match(planOf(admissionOf('Pod', nameless, { name: 'from-request' })), { workloads: [{ name: 'from-request' }] })
})

const users: readonly (readonly [username: string, isController: boolean])[] = [
  ['system:serviceaccount:kube-system:replicaset-controller', true],
  ['system:serviceaccount:argo:rollouts', true],
  ['system:kube-controller-manager', true],
  ['system:node:n1', true],
  ['ada', false],
  ['xsystem:ada', false],
  ['', false],
]

t.test('owned: a controller’s object, sent by a ServiceAccount or system user', async (t) => {
  const held = objectOf('Pod', podSpec(), controlledBy('ReplicaSet', 'pay-7d4b'))
  for (const [username, isController] of users) {
    const by = (object: unknown) => planOf(admissionOf('Pod', object, { user: { username, groups: [] } }))
    t.match(by(held), { owned: isController }, username)
    t.match(by(pod), { owned: false }, `${username}, nothing owns it`)
  }
  t.equal(await questions(admissionOf('Pod', held, { user: controllerUser })), 0)
})

t.test('idle: only a ReplicaSet, and only with a written 0', async (t) => {
  const isIdle = (kind: string, object: unknown) => t.match(planOf(admissionOf(kind, object)), { idle: true })
  const isBusy = (kind: string, object: unknown) => t.match(planOf(admissionOf(kind, object)), { idle: false })
  isIdle('ReplicaSet', replicaSet(0))
  for (const replicas of [1, null, undefined, '0', false]) isBusy('ReplicaSet', replicaSet(replicas))
  isBusy('Deployment', { ...objectOf('Deployment'), ...replicaSet(0) })
})

t.test('no request, however malformed, makes it throw', async (t) => {
  const json = fc.jsonValue()
  const half = fc.record({ metadata: json, spec: json }, { requiredKeys: [] })
  fc.assert(
    fc.property(
      fc.constantFrom('Pod', 'ReplicaSet', 'CronJob'),
      fc.constantFrom('CREATE' as const, 'UPDATE' as const, 'DELETE' as const),
      fc.oneof(json, half),
      fc.oneof(json, half),
      (kind, operation, object, oldObject) => {
        const plan = planOf(admissionOf(kind, object, { operation, oldObject, subresource: '' }))
        return !plan.judge || plan.workloads.every(({ images }) => images.length > 0)
      },
    ),
  )
  t.pass()
})
