import fc from 'fast-check'
import t from 'tap'
import { withChangedImages } from '../../src/core/changed-images.ts'
import { shippedKinds } from '../../src/core/kind-table.ts'
import { builtInKinds } from '../../src/core/kinds.ts'
import { controllerOf, workloadsOf } from '../../src/core/workload.ts'
import { controlledBy, kindFor, objectOf, podSpec, type RawPodSpec, rowFor, workloadFor } from '../support/workloads.ts'

const everyImageField = podSpec({
  initContainers: [
    { name: 'setup', image: 'reg.example/setup:v1' },
    { name: 'proxy', image: 'reg.example/proxy:v1', restartPolicy: 'Always' },
  ],
  containers: [
    { name: 'app', image: 'reg.example/pay:v1', imagePullPolicy: 'Always' },
    { name: 'log', image: 'reg.example/log:v1', imagePullPolicy: 'Never' },
  ],
  ephemeralContainers: [{ name: 'debug', image: 'reg.example/debug:v1', imagePullPolicy: 'IfNotPresent' }],
  volumes: [
    { name: 'scratch', emptyDir: {} },
    { name: 'model', image: { reference: 'reg.example/model:v1', pullPolicy: 'Always' } },
    { name: 'later', image: {} },
  ],
  imagePullSecrets: [{ name: 'regcred' }, { name: '' }, {}, { name: 'other' }, { name: 'regcred' }],
  serviceAccountName: 'cashier',
})

/** Kind -> group and where a user finds the PodSpec, written out so that a wrong row in the table shows. */
const places: Readonly<Record<string, readonly [apiVersion: string, podSpec: string, resource: string]>> = {
  Pod: ['v1', 'spec', 'pods'],
  PodTemplate: ['v1', 'template.spec', 'podtemplates'],
  ReplicationController: ['v1', 'spec.template.spec', 'replicationcontrollers'],
  ReplicaSet: ['apps/v1', 'spec.template.spec', 'replicasets'],
  Deployment: ['apps/v1', 'spec.template.spec', 'deployments'],
  StatefulSet: ['apps/v1', 'spec.template.spec', 'statefulsets'],
  DaemonSet: ['apps/v1', 'spec.template.spec', 'daemonsets'],
  Job: ['batch/v1', 'spec.template.spec', 'jobs'],
  CronJob: ['batch/v1', 'spec.jobTemplate.spec.template.spec', 'cronjobs'],
}

t.test('the table has every kind that runs containers', async (t) => {
  t.strictSame(
    builtInKinds.map(({ kind }) => kind),
    Object.keys(places),
  )
})

for (const [kind, [apiVersion, path, resource]] of Object.entries(places)) {
  t.test(`${kind}: every image field, pull secret and account under ${path}`, async (t) => {
    t.equal(rowFor(kind).resource, resource)
    t.strictSame(workloadFor(kind, everyImageField), {
      apiVersion,
      kind,
      namespace: 'shop',
      name: 'pay',
      isTemplate: kind !== 'Pod',
      serviceAccount: 'cashier',
      serviceAccountPath: `${path}.serviceAccountName`,
      pullSecrets: [
        { name: 'regcred', fieldPath: `${path}.imagePullSecrets[0].name` },
        { name: 'other', fieldPath: `${path}.imagePullSecrets[3].name` },
        { name: 'regcred', fieldPath: `${path}.imagePullSecrets[4].name` },
      ],
      namesPullSecrets: true,
      platformSelector: '[null,null,null,null]',
      images: [
        ['initContainers[0].image', 'reg.example/setup:v1', 'IfNotPresent', 'initContainers/setup'],
        ['initContainers[1].image', 'reg.example/proxy:v1', 'IfNotPresent', 'initContainers/proxy'],
        ['containers[0].image', 'reg.example/pay:v1', 'Always', 'containers/app'],
        ['containers[1].image', 'reg.example/log:v1', 'Never', 'containers/log'],
        ['ephemeralContainers[0].image', 'reg.example/debug:v1', 'IfNotPresent', 'ephemeralContainers/debug'],
        ['volumes[1].image.reference', 'reg.example/model:v1', 'Always', 'volumes/model'],
        ['volumes[2].image.reference', '', 'IfNotPresent', 'volumes/later'],
      ].map(([field, image, pullPolicy, slot]) => ({
        fieldPath: `${path}.${field ?? ''}`,
        image,
        pullPolicy,
        slot: `${path}.${slot ?? ''}`,
      })),
    })
  })
}

const naming: readonly (readonly [what: string, metadata: Record<string, unknown>, name: string, namespace: string])[] =
  [
    ['both written', { name: 'pay', namespace: 'till' }, 'pay', 'till'],
    ['no namespace in the object', { name: 'pay', namespace: undefined }, 'pay', 'shop'],
    ['only generateName', { name: undefined, generateName: 'pay-' }, 'pay-', 'shop'],
    ['a name wins over generateName', { name: 'pay-x', generateName: 'pay-' }, 'pay-x', 'shop'],
    ['no name at all', { name: undefined }, '', 'shop'],
    ['nonsense', { name: 7, namespace: ['x'] }, '', 'shop'],
  ]

t.test('name and namespace', async (t) => {
  for (const [what, metadata, name, namespace] of naming)
    t.match(workloadFor('Pod', podSpec(), metadata), { name, namespace }, what)
})

t.test('uid and owner only where there are some', async (t) => {
  const plain = workloadFor('Pod')
  t.notOk('uid' in plain)
  t.notOk('owner' in plain)
  const owned = workloadFor('Pod', podSpec(), { uid: 'a1', ...controlledBy('ReplicaSet', 'pay-7d4b') })
  t.match(owned, { uid: 'a1', owner: 'ReplicaSet/pay-7d4b' })
  const references = [
    { kind: 'Node', name: 'n1' },
    { kind: 'Job', name: 'j1', controller: false },
    { kind: 'CronJob', name: 'c1', controller: 'true' },
  ]
  t.equal(controllerOf({ metadata: { ownerReferences: references } }), undefined, 'an owner is not yet a controller')
})

const accounts: readonly (readonly [RawPodSpec, string])[] = [
  [{}, 'default'],
  [{ serviceAccountName: '' }, 'default'],
  [{ serviceAccount: 'old-field' }, 'old-field'],
  [{ serviceAccountName: 'cashier', serviceAccount: 'old-field' }, 'cashier'],
]

t.test('the service account is the default one unless named', async (t) => {
  for (const [spec, account] of accounts) t.equal(workloadFor('Job', podSpec(spec)).serviceAccount, account)
})

const lists: readonly (readonly [secrets: unknown, names: readonly string[], namesPullSecrets: boolean])[] = [
  [undefined, [], false],
  [[], [], false],
  [null, [], false],
  [[{ name: '' }], [], true],
  [[{}], [], true],
  [[{ name: 'a' }, { name: 'a' }], ['a', 'a'], true],
]

t.test('an entry of any kind, even an empty name, keeps the account’s pull secrets away', async (t) => {
  for (const [imagePullSecrets, names, namesPullSecrets] of lists) {
    const { pullSecrets, ...workload } = workloadFor('Deployment', podSpec({ imagePullSecrets }))
    t.strictSame([pullSecrets.map(({ name }) => name), workload.namesPullSecrets], [names, namesPullSecrets])
  }
})

const before = podSpec({
  initContainers: [{ name: 'setup', image: 'reg.example/setup:v1' }],
  containers: [
    { name: 'app', image: 'reg.example/pay:v1' },
    { name: 'log', image: 'reg.example/log:v1' },
  ],
  imagePullSecrets: [{ name: 'a' }],
})
const app = { name: 'app', image: 'reg.example/pay:v1' }
const log = { name: 'log', image: 'reg.example/log:v1' }
const both = ['pay', 'log']
const all = ['setup', ...both]
const affinity = (type: string) => ({ nodeAffinity: { [`${type}DuringSchedulingIgnoredDuringExecution`]: { x: 1 } } })

/** What changes in the PodSpec -> which images are worth judging, by the last part of their names. */
const changes: readonly (readonly [what: string, tweak: RawPodSpec, judged: readonly string[]])[] = [
  ['nothing', {}, []],
  ['a command', { containers: [{ ...app, command: ['x'] }, log] }, []],
  ['one tag', { containers: [{ ...app, image: 'reg.example/pay:v2' }, log] }, ['pay']],
  ['a pull policy', { containers: [app, { ...log, imagePullPolicy: 'Always' }] }, ['log']],
  ['the default pull policy written out', { containers: [app, { ...log, imagePullPolicy: 'IfNotPresent' }] }, []],
  ['the order', { containers: [log, app] }, []],
  ['a container gone', { containers: [app] }, []],
  ['a new container', { containers: [{ name: 'new', image: 'reg.example/new:v1' }, app, log] }, ['new']],
  ['an image moved to another list', { initContainers: [], ephemeralContainers: [{ ...app, name: 'setup' }] }, ['pay']],
  ['an image volume', { volumes: [{ name: 'm', image: { reference: 'reg.example/m:v1' } }] }, ['m']],
  ['pull secrets', { imagePullSecrets: [{ name: 'b' }] }, all],
  ['the order of pull secrets', { imagePullSecrets: [{ name: 'a' }, { name: 'b' }] }, all],
  ['pull secrets now the account’s', { imagePullSecrets: [] }, all],
  ['the account', { serviceAccountName: 'cashier' }, all],
  ['nodeSelector', { nodeSelector: { 'kubernetes.io/arch': 'arm64' } }, all],
  ['required node affinity', { affinity: affinity('required') }, all],
  ['preferred node affinity', { affinity: affinity('preferred') }, []],
  ['the operating system', { os: { name: 'windows' } }, all],
  ['the runtime class', { runtimeClassName: 'gvisor' }, all],
]

t.test('an update is judged for what it changes', async (t) => {
  const lastPart = (image: string) => /([a-z]+):/.exec(image)?.[1]
  for (const [what, tweak, judged] of changes) {
    const now = workloadFor('Deployment', { ...before, ...tweak })
    const changed = withChangedImages([now], [workloadFor('Deployment', before)])
    const images = changed.flatMap(({ images }) => images.map(({ image }) => lastPart(image)))
    t.strictSame(images, judged, what)
  }
})

t.test('two lists of secrets that only look alike when joined', async (t) => {
  const listing = (...names: string[]) =>
    workloadFor('Pod', podSpec({ imagePullSecrets: names.map((name) => ({ name })) }))
  t.equal(withChangedImages([listing('a', 'b')], [listing('a,b')]).length, 1)
  t.equal(withChangedImages([listing('a', 'b')], [listing('b', 'a')]).length, 1)
})

t.test('no object, however malformed, makes it throw', async (t) => {
  const json = fc.jsonValue()
  const wild = fc.oneof(json, fc.array(json), fc.record({ name: json, image: json }, { requiredKeys: [] }))
  const wildSpec = fc.record(
    {
      containers: wild,
      initContainers: fc.array(wild),
      volumes: fc.array(fc.record({ name: json, image: wild }, { requiredKeys: [] })),
      imagePullSecrets: fc.oneof(json, fc.array(wild)),
      serviceAccountName: json,
      affinity: wild,
    },
    { requiredKeys: [] },
  )
  const object = fc.oneof(
    json,
    fc.record({ metadata: fc.oneof(json, fc.record({ ownerReferences: wild })), spec: fc.oneof(json, wildSpec) }),
  )
  fc.assert(
    fc.property(fc.constantFrom(...shippedKinds.values()), object, object, (kind, now, then) => {
      const earlier = workloadsOf(kind, then, 'shop')
      const workloads = workloadsOf(kind, now, 'shop')
      const images = workloads.flatMap((workload) => workload.images)
      const isTyped = images.every(({ image, fieldPath }) => typeof image === 'string' && fieldPath !== '')
      const changed = withChangedImages(workloads, earlier).flatMap((workload) => workload.images)
      return isTyped && changed.every((use) => images.includes(use))
    }),
  )
  fc.assert(
    fc.property(wildSpec, (spec) => {
      const again = workloadsOf(kindFor('Pod'), structuredClone({ spec }), 'shop')
      return withChangedImages(workloadsOf(kindFor('Pod'), { spec }, 'shop'), again).length === 0
    }),
  )
  t.pass()
})

t.test('inherited names are no data', async (t) => {
  const own = { metadata: {}, spec: JSON.parse('{"__proto__": {}}') as object }
  t.match(workloadsOf(kindFor('Pod'), own, 'shop'), [{ name: '', images: [] }])
  t.strictSame(workloadsOf(kindFor('Pod'), Object.create(objectOf('Pod')), 'shop'), [])
})
