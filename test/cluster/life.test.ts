/**
 * What runs already is not hurt: the life of objects after their admission, on a real API server with its controllers
 * and its garbage collector, while registries go away and tags are deleted.
 */
import t, { type Test } from 'tap'
import { cronJobOf, deploymentOf, podOf, podSpecWith, statefulSetOf } from '../support/applied-objects.ts'
import { deleteImage } from '../support/delete-image.ts'
import { type GatedCluster, startGatedCluster } from '../support/gated-cluster.ts'
import { startMuteRegistry } from '../support/mute-registry.ts'
import { pushImage } from '../support/push-image.ts'
import { testWithRealParts } from '../support/real-parts.ts'
import { type RegistryServer, startRegistry } from '../support/registry-server.ts'
import { until } from '../support/until.ts'

// A tag's answer is not kept, so that a deleted tag is missed at once and not a minute later.
const config = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
mode: enforce
registries: {addresses: {allow: [127.0.0.0/8]}}
cache: {tag: 0s, absent: 0s}
`
const owned = 'owned.pullgate.dev'
const latency = 'apiserver_admission_webhook_admission_duration_seconds'
const cpu = (amount: string): object => ({ requests: { cpu: amount } })
const asCronJobController = '--as=system:serviceaccount:kube-system:cronjob-controller'

type Stage = { t: Test; cluster: GatedCluster }

const uidsOf = async ({ must }: GatedCluster, namespace: string, selector = ''): Promise<readonly string[]> => {
  const listed = await must('get', 'pods', '-n', namespace, '-l', selector, '-o', 'jsonpath={.items[*].metadata.uid}')
  return listed.split(' ').filter((uid) => uid !== '')
}

const untilPods = async (cluster: GatedCluster, count: number, ...place: [namespace: string, selector?: string]) =>
  until({ what: `${count} Pods in ${place.join(' ')}`, limitMs: 30_000 }, async () => {
    const uids = await uidsOf(cluster, ...place)
    return uids.length === count ? uids : undefined
  })

/** Deletes the Pods, as a drain does, and waits for as many new ones. */
const replacePods = async ({ t, cluster }: Stage, ...place: [namespace: string, selector?: string]): Promise<void> => {
  const [namespace, selector] = place
  const which = selector === undefined ? ['--all'] : ['-l', selector]
  const before = await uidsOf(cluster, ...place)
  t.ok(before.length > 0, 'there are Pods to replace')
  await cluster.must('delete', 'pods', '-n', namespace, ...which, '--wait=false')
  await until({ what: `new Pods in ${namespace}`, limitMs: 30_000 }, async () => {
    const now = await uidsOf(cluster, ...place)
    return now.length === before.length && now.every((uid) => !before.includes(uid)) ? true : undefined
  })
}

const refusedControllers = async ({ must }: GatedCluster, namespace: string): Promise<string> =>
  must('get', 'events', '-n', namespace, '--field-selector', 'reason=FailedCreate', '-o', 'name')

/** A ServiceAccount that may handle Pods in a namespace, as an operator of a database has one. */
const startOperator = async ({ plane, must, addNamespace }: GatedCluster, namespace: string): Promise<string> => {
  await addNamespace('ops')
  await must('create', 'serviceaccount', 'operator', '-n', 'ops')
  await must(
    'create',
    'rolebinding',
    'operator',
    '-n',
    namespace,
    '--clusterrole=edit',
    '--serviceaccount=ops:operator',
  )
  return plane.kubeconfigFor({ serviceAccount: 'operator', namespace: 'ops' })
}

const ownedPod = async ({ must }: GatedCluster, namespace: string, image: string): Promise<object> => {
  const uid = await must('get', 'configmap', 'kube-root-ca.crt', '-n', namespace, '-o', 'jsonpath={.metadata.uid}')
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'kube-root-ca.crt', uid, controller: true }
  return podOf('database-0', podSpecWith(image), { namespace, ownerReferences: [owner] })
}

const drainDuringAnOutage = async ({ t, cluster }: Stage, registry: RegistryServer): Promise<void> => {
  const { addNamespace, apply, kubectl, must, ofApiServer, ofPullgate } = cluster
  await pushImage(registry.url, { repository: 'shop/web', tag: 'v1.0.0' })
  const image = `${registry.host}/shop/web:v1.0.0`
  await addNamespace('drain', 'enforce')
  const spec = podSpecWith(image)
  const workloads = [deploymentOf('web', spec, 3), statefulSetOf('db', spec, 2), cronJobOf('nightly', spec)]
  t.match(await apply('drain', workloads), { status: 0, stderr: '' })
  await untilPods(cluster, 5, 'drain')
  const operator = await startOperator(cluster, 'drain')

  await registry.stop()
  const mute = await startMuteRegistry(Number(registry.host.split(':')[1]))
  t.teardown(mute.close)
  const asked = await ofPullgate('pullgate_registry_requests_total')
  const seen = await ofApiServer(`${latency}_count`, { name: owned })

  await replacePods({ t, cluster }, 'drain')
  const recreated = await ownedPod(cluster, 'drain', image)
  for (const moment of ['at first', 'after its deletion']) {
    const made = await kubectl(['create', '--kubeconfig', operator, '-f', '-'], JSON.stringify(recreated))
    t.match(made, { status: 0, stderr: '' }, `an operator makes what is its own, ${moment}`)
    await must('delete', 'pod', 'database-0', '-n', 'drain')
  }
  const job = ['create', 'job', '-n', 'drain', '--from=cronjob/nightly']
  t.match(await kubectl([...job, 'scheduled', asCronJobController]), { status: 0, stderr: '' })
  await untilPods(cluster, 1, 'drain', 'job-name=scheduled')

  t.equal(await refusedControllers(cluster, 'drain'), '')
  t.equal(await ofPullgate('pullgate_registry_requests_total'), asked, 'no registry was asked')
  t.equal(mute.visits(), 0, 'nor called')
  const answered = await ofApiServer(`${latency}_count`, { name: owned })
  t.ok(answered - seen >= 9, 'though Pullgate saw all of it')
  t.equal(await ofApiServer(`${latency}_bucket`, { name: owned, le: '2.5' }), answered, 'and nothing waited')

  const byUser = await kubectl([...job, 'by-hand'])
  t.match(byUser, { status: 0, stderr: /Warning: .*Not known whether/ }, 'a Job that a user makes of it is judged')
  t.ok(mute.visits() > 0)
}

const deletedTag = async ({ t, cluster }: Stage, registry: RegistryServer): Promise<void> => {
  const { addNamespace, apply, kubectl, must } = cluster
  const { digest } = await pushImage(registry.url, { repository: 'shop/pay', tag: 'v1.0.0' })
  await pushImage(registry.url, { repository: 'shop/pay', tag: 'v2.0.0', platforms: ['linux/arm64'] })
  const [old, next] = [`${registry.host}/shop/pay:v1.0.0`, `${registry.host}/shop/pay:v2.0.0`]
  await addNamespace('tags', 'enforce')
  const spec = podSpecWith(old)
  await apply('tags', [deploymentOf('pay', spec, 1), deploymentOf('steady', spec, 2), cronJobOf('report', spec)])
  await untilPods(cluster, 3, 'tags')
  await must('set', 'image', '-n', 'tags', 'deployment/pay', `app=${next}`)
  await until({ what: 'the second revision', limitMs: 20_000 }, async () => {
    const listed = await must('get', 'replicasets', '-n', 'tags', '-l', 'app=pay', '-o', 'name')
    return listed.trim().split('\n').length === 2 ? true : undefined
  })
  await deleteImage(registry.url, 'shop/pay', digest)

  await replacePods({ t, cluster }, 'tags', 'app=steady')
  const job = ['create', 'job', '-n', 'tags', '--from=cronjob/report']
  t.match(await kubectl([...job, 'scheduled', asCronJobController]), { status: 0, stderr: '' })
  await untilPods(cluster, 1, 'tags', 'job-name=scheduled')
  t.equal(await refusedControllers(cluster, 'tags'), '', 'what was admitted once goes on')

  for (const step of [
    [...job, 'by-hand'],
    ['rollout', 'undo', '-n', 'tags', 'deployment/pay'],
  ]) {
    const { status, stderr } = await kubectl(step)
    t.equal(status, 1, step.join(' '))
    t.match(stderr, 'admission webhook "enforce.pullgate.dev" denied the request')
    t.match(stderr, `spec.template.spec.containers[0].image "${old}"`)
    t.match(stderr, 'There is no tag v1.0.0')
    t.match(stderr, 'Did you mean v2.0.0?')
  }
}

/** Objects from before: made while nobody looked, in a namespace that is enforced now. */
const prepareBadObjects = async ({ t, cluster }: Stage, good: string, missing: string): Promise<void> => {
  const { addNamespace, apply, must } = cluster
  const finalizers = ['example.com/hold']
  await addNamespace('old', 'ignore')
  const objects = [
    deploymentOf('stale', podSpecWith([missing, good])),
    deploymentOf('held', podSpecWith(missing), 1, { finalizers }),
    deploymentOf('family', podSpecWith(missing), 2),
    podOf('pinned', { containers: [{ name: 'app', image: missing, resources: cpu('10m') }] }, { finalizers }),
  ]
  t.match(await apply('old', objects), { status: 0, stderr: '' })
  await untilPods(cluster, 5, 'old')
  await must('label', 'namespace', 'old', 'pullgate.dev/mode=enforce', '--overwrite')
  await until({ what: 'the API server to see the label', limitMs: 20_000 }, async () => {
    const { stderr } = await apply('old', podOf('new', podSpecWith(missing)), '--dry-run=server')
    return stderr.includes('enforce.pullgate.dev') ? true : undefined
  })
}

const changesOfBadObjects = async ({ t, cluster }: Stage, good: string, missing: string): Promise<void> => {
  const { kubectl, ofPullgate } = cluster
  const asked = await ofPullgate('pullgate_registry_requests_total')
  const stale = ['-n', 'old', 'deployment/stale']
  const resized = { spec: { containers: [{ name: 'app', resources: cpu('20m') }] } }
  const harmless: readonly string[][] = [
    ['scale', ...stale, '--replicas=3'],
    ['rollout', 'pause', ...stale],
    ['rollout', 'resume', ...stale],
    ['rollout', 'restart', ...stale],
    ['annotate', ...stale, 'note=kept'],
    ['label', ...stale, 'team=pay'],
    ['set', 'resources', ...stale, '--requests=cpu=10m'],
    ['label', '-n', 'old', 'pod/pinned', 'team=pay'],
    ['patch', '-n', 'old', 'pod/pinned', '--subresource=resize', '-p', JSON.stringify(resized)],
  ]
  for (const step of harmless) t.match(await kubectl(step), { status: 0, stderr: '' }, step.join(' '))
  t.equal(await ofPullgate('pullgate_registry_requests_total'), asked, 'none of it was a question')

  const mended = await kubectl(['set', 'image', ...stale, `c1=${good.replace('v2', 'v3')}`])
  t.match(mended, { status: 0, stderr: '' }, 'only the container that changed is judged')
  const { status, stderr } = await kubectl(['set', 'image', ...stale, `c1=${missing.replace('v1', 'v0')}`])
  t.equal(status, 1)
  t.match(stderr, 'spec.template.spec.containers[1].image')
  t.notMatch(stderr, 'containers[0]')
}

const endOfBadObjects = async ({ t, cluster }: Stage): Promise<void> => {
  const { kubectl, must } = cluster
  const release = ['--type=merge', '-p', '{"metadata":{"finalizers":null}}']
  for (const object of ['deployment/held', 'pod/pinned']) {
    await must('delete', '-n', 'old', object, '--wait=false')
    t.match(await must('get', '-n', 'old', object, '-o', 'jsonpath={.metadata.deletionTimestamp}'), /Z$/)
    t.match(await kubectl(['patch', '-n', 'old', object, ...release]), { status: 0, stderr: '' }, object)
    t.match(await kubectl(['wait', '-n', 'old', object, '--for=delete', '--timeout=20s']), { status: 0 }, object)
  }
  // The garbage collector removes its finalizer from each, from the Pods upwards.
  const family = ['-n', 'old', 'deployment/family']
  t.match(await kubectl(['delete', ...family, '--cascade=foreground', '--timeout=30s']), { status: 0 })
  t.match(await kubectl(['get', ...family]), { status: 1, stderr: /not found/ })
}

const debugging = async ({ t, cluster }: Stage, good: string, missing: string): Promise<void> => {
  const { apply, kubectl } = cluster
  t.match(await apply('old', podOf('examined', podSpecWith(good))), { status: 0, stderr: '' })
  const debug = (image: string) =>
    kubectl(['debug', '-n', 'old', 'pod/examined', `--image=${image}`, '--profile=general', '--quiet'])
  t.match(await debug(good), { status: 0 })
  t.match(await debug(missing), { status: 1, stderr: /spec\.ephemeralContainers\[1\]\.image.*There is no tag/ })
}

/** An editor of the namespace; `mayBypass` gives the right that lets a marked object through. */
const editorOf = async (
  cluster: GatedCluster,
  namespace: string,
  user: string,
  mayBypass: boolean,
): Promise<string> => {
  const { apply, must, plane } = cluster
  await must('create', 'rolebinding', user, '-n', namespace, '--clusterrole=edit', `--user=${user}`)
  if (mayBypass) {
    // `kubectl create clusterrole` knows resources of the server only.
    const rules = [{ apiGroups: ['pullgate.dev'], resources: ['admissions'], verbs: ['bypass'] }]
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'bypass' },
      rules,
    }
    await apply(namespace, role)
    await must('create', 'clusterrolebinding', user, '--clusterrole=bypass', `--user=${user}`)
  }
  return plane.kubeconfigFor({ user })
}

/** Continues where the tag of the first revision was deleted. */
const bypass = async ({ t, cluster }: Stage, old: string, next: string): Promise<void> => {
  const { kubectl, must } = cluster
  const undo = ['rollout', 'undo', '-n', 'tags', 'deployment/pay']
  const rollBack = ['set', 'image', '-n', 'tags', 'deployment/pay', `app=${old}`]
  const editor = `--kubeconfig=${await editorOf(cluster, 'tags', 'dave', false)}`
  const releaser = `--kubeconfig=${await editorOf(cluster, 'tags', 'carol', true)}`
  t.match(await kubectl([...undo, releaser]), { status: 1, stderr: /pullgate\.dev\/bypass/ }, 'a refusal names it')

  const notHeeded = /^(?=[^]*bypass is not heeded)(?=[^]*There is no tag v1\.0\.0)/
  // An undo takes the annotations of the revision it goes back to, so that is what has to be marked.
  const revisions = ['-n', 'tags', '-l', 'app=pay']
  const images = 'jsonpath={range .items[*]}{.metadata.name}={.spec.template.spec.containers[0].image}{"\\n"}{end}'
  const listed = await must('get', 'replicasets', ...revisions, '-o', images)
  const revision = listed.split('\n').find((line) => line.endsWith(old)) ?? ''
  const mark = ['-n', 'tags', 'pullgate.dev/bypass=every node has it already']
  await must('annotate', `replicaset/${revision.split('=')[0] ?? ''}`, ...mark)
  t.match(await kubectl([...undo, editor]), { status: 1, stderr: notHeeded }, 'without the right')
  t.match(await kubectl([...undo, releaser]), { status: 0, stderr: /Warning: .*bypass/i }, 'with it')

  await must('set', 'image', '-n', 'tags', 'deployment/pay', `app=${next}`)
  await must('annotate', 'deployment/pay', ...mark, '--overwrite')
  t.match(await kubectl([...rollBack, editor]), { status: 1, stderr: notHeeded })
  t.match(await kubectl([...rollBack, releaser]), { status: 0, stderr: /Warning: .*bypass/i })
}

await testWithRealParts(t, 'the life of objects, on a real API server', async (t, binaries) => {
  const cluster = await startGatedCluster(t, binaries, config)
  const open = async (): Promise<RegistryServer> => {
    const registry = await startRegistry(binaries)
    t.teardown(registry.stop)
    return registry
  }
  const [doomed, lasting] = [await open(), await open()]

  await t.test('a drain while the registry is away: everything comes back, nobody is asked, nothing waits', (t) =>
    drainDuringAnOutage({ t, cluster }, doomed),
  )
  await t.test('a deleted tag: what runs goes on, what a user rolls back to it is refused', (t) =>
    deletedTag({ t, cluster }, lasting),
  )
  await t.test('objects that were bad before the namespace was enforced', async (t) => {
    for (const tag of ['v2.0.0', 'v3.0.0']) await pushImage(lasting.url, { repository: 'shop/good', tag })
    const [good, missing] = [`${lasting.host}/shop/good:v2.0.0`, `${lasting.host}/shop/good:v1.0.0`]
    await prepareBadObjects({ t, cluster }, good, missing)
    await t.test('may be scaled, paused, labelled, resized and mended', (t) =>
      changesOfBadObjects({ t, cluster }, good, missing),
    )
    await t.test('can be deleted, finalizers and all', (t) => endOfBadObjects({ t, cluster }))
    await t.test('kubectl debug is judged', (t) => debugging({ t, cluster }, good, missing))
  })
  await t.test('bypass', (t) =>
    bypass({ t, cluster }, `${lasting.host}/shop/pay:v1.0.0`, `${lasting.host}/shop/pay:v2.0.0`),
  )
})
