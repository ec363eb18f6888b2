/** Pullgate brought into a cluster, namespace by namespace: modes, answers in CI, bundles of GitOps tools, overlays, outages. */
import t, { type Test } from 'tap'
import { stringify } from 'yaml'
import { deploymentOf, podOf, podSpecWith } from '../support/applied-objects.ts'
import { type GatedCluster, startGatedCluster } from '../support/gated-cluster.ts'
import { applyManifests } from '../support/installed-pullgate.ts'
import { pushImage } from '../support/push-image.ts'
import { testWithRealParts } from '../support/real-parts.ts'
import { registryAccounts, startRegistry } from '../support/registry-server.ts'
import { until } from '../support/until.ts'

const config = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
mode: enforce
registries: {addresses: {allow: [127.0.0.0/8]}}
`

type Stage = { t: Test; cluster: GatedCluster; images: { good: string; missing: string; silent: string } }

const denied = (webhook: string) => ({
  status: 1,
  stderr: new RegExp(`${webhook}\\.pullgate\\.dev" denied the request`),
})
const warned = { status: 0, stderr: /^Warning: spec\.template\.spec\.containers\[0\]\.image .*There is no tag/ }
const unheard = { status: 0, stderr: '' }

/** The label of one namespace through all its values, and without one; what a mode does is seen by the user. */
const everyMode = async ({ t, cluster: { addNamespace, apply, must, ofPullgate }, images }: Stage): Promise<void> => {
  await addNamespace('moving')
  const bad = deploymentOf('bad', podSpecWith(images.missing))
  const steps = [
    { label: 'pullgate.dev/mode-', answer: denied('default') },
    { label: 'pullgate.dev/mode=ignore', answer: unheard },
    { label: 'pullgate.dev/mode=warn', answer: warned },
    { label: 'pullgate.dev/mode=audit', answer: unheard },
    { label: 'pullgate.dev/mode=enforce', answer: denied('enforce') },
  ]
  for (const { label, answer } of steps) {
    await must('label', 'namespace', 'moving', label, '--overwrite')
    const audits = await ofPullgate('pullgate_findings_total', { mode: 'audit', namespace: 'moving' })
    const matches = async () => {
      const { status, stderr } = await apply('moving', bad, '--dry-run=server')
      const asExpected =
        status === answer.status && (answer.stderr === '' ? stderr === '' : stderr.match(answer.stderr))
      if (!asExpected) throw new Error(stderr)
      return true
    }
    // The API server learns of a label a moment after it has taken it.
    t.ok(await until({ what: label, limitMs: 20_000 }, matches), label)
    if (!label.endsWith('=audit')) continue
    await until({ what: 'the audit', limitMs: 20_000 }, async () => {
      await apply('moving', bad, '--dry-run=server')
      const now = await ofPullgate('pullgate_findings_total', { mode: 'audit', namespace: 'moving' })
      return now > audits ? true : undefined
    })
  }
}

const inContinuousIntegration = async ({ t, cluster: { addNamespace, apply }, images }: Stage): Promise<void> => {
  await addNamespace('ci', 'warn')
  const gate = ['--dry-run=server', '--warnings-as-errors']
  const mixed = deploymentOf('mixed', podSpecWith([images.silent, images.missing]))
  const { status, stderr } = await apply('ci', mixed, ...gate)
  t.equal(status, 1)
  const lines = stderr.split('\n').filter((line) => line.startsWith('Warning: '))
  t.match(lines, [/containers\[1\].*There is no tag/, /containers\[0\].*Not known/], 'what is certain comes first')
  t.match(await apply('ci', deploymentOf('fine', podSpecWith(images.good)), ...gate), unheard)
}

/** A Secret, the ServiceAccount that names it, and the Deployment that needs both, as one file. */
const bundle = async ({ t, cluster: { addNamespace, apply, must } }: Stage, vault: string): Promise<void> => {
  const { username, password } = registryAccounts.robot
  const login = { auths: { [vault.split('/')[0] ?? '']: { username, password } } }
  const parts = [
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'vault' },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify(login) },
    },
    {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'keeper' },
      imagePullSecrets: [{ name: 'vault' }],
    },
    deploymentOf('by-account', podSpecWith(vault, { serviceAccountName: 'keeper' })),
    deploymentOf('by-secret', podSpecWith(vault, { imagePullSecrets: [{ name: 'vault' }] })),
  ]
  await addNamespace('bundle', 'enforce')
  const dry = await apply('bundle', parts, '--dry-run=server')
  t.equal(dry.status, 0, dry.stderr)
  t.match(dry.stderr, /Warning: .*The ServiceAccount keeper does not exist/)
  t.match(dry.stderr, /Warning: .*The pull secret vault does not exist/)
  t.equal(await must('get', 'deployments', '-n', 'bundle', '-o', 'name'), '')
  t.match(await apply('bundle', parts), unheard, 'in one go, the Secret and the ServiceAccount before what needs them')

  await addNamespace('reversed', 'enforce')
  const { status, stderr } = await apply('reversed', parts.toReversed())
  t.equal(status, 1)
  t.match(stderr, /denied the request: [^]*The pull secret vault does not exist/, 'for real, the order counts')
}

/** The two kinds of cert-manager that the overlay uses, with any content. */
const certManagerKinds = ['Issuer', 'Certificate'].map((kind) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${kind.toLowerCase()}s.cert-manager.io` },
  spec: {
    group: 'cert-manager.io',
    scope: 'Namespaced',
    names: { kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase(), listKind: `${kind}List` },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}))

const entries = 'jsonpath={range .webhooks[*]}{.name}={.failurePolicy} {end}'

const overlays = async ({ t, cluster: { plane, kubectl, must } }: Stage): Promise<void> => {
  await kubectl(['apply', '-f', '-'], certManagerKinds.map((kind) => stringify(kind)).join('---\n'))
  await must('wait', '--for=condition=Established', '--timeout=20s', ...certManagerKinds.map(nameOfKind))
  const policies = async (overlay: string): Promise<string> => {
    await applyManifests(plane, `manifests/overlays/${overlay}`)
    return must('get', 'validatingwebhookconfiguration', 'pullgate', '-o', entries)
  }
  for (const overlay of ['cert-manager', 'audit']) {
    t.notMatch(await policies(overlay), 'Fail', overlay)
  }
  t.match(await policies('fail-closed'), /enforce\.pullgate\.dev=Fail .*owned\.pullgate\.dev=Ignore/)
  t.match(await must('get', 'certificates', '-n', 'pullgate-system', '-o', 'name'), /certificate.*\/pullgate\n/)
}

const nameOfKind = ({ metadata }: { metadata: { name: string } }): string => `customresourcedefinition/${metadata.name}`

const podsOf = async ({ must }: GatedCluster, namespace: string): Promise<readonly string[]> =>
  (await must('get', 'pods', '-n', namespace, '-o', 'name')).split('\n').filter((line) => line !== '')

/** With fail-closed, and nobody there to answer. */
const outage = async ({ t, cluster, images }: Stage): Promise<void> => {
  const { addNamespace, apply, kubectl, must, pullgate } = cluster
  await addNamespace('closed', 'enforce')
  await addNamespace('loose')
  await apply('closed', deploymentOf('runs', podSpecWith(images.good), 2))
  const count = async (wanted: number, but: readonly string[] = []) =>
    until({ what: `${wanted} Pods`, limitMs: 30_000 }, async () => {
      const pods = await podsOf(cluster, 'closed')
      return pods.length === wanted && pods.every((pod) => !but.includes(pod)) ? pods : undefined
    })
  const before = await count(2)
  await pullgate.terminate()

  const refused = await apply('closed', podOf('unanswered', podSpecWith(images.good)))
  t.match(refused, { status: 1, stderr: /failed calling webhook "enforce\.pullgate\.dev": failed to call webhook/ })
  t.match(
    await apply('loose', podOf('unanswered', podSpecWith(images.missing))),
    unheard,
    'no label: as if not installed',
  )
  await must('delete', 'pods', '--all', '-n', 'closed', '--wait=false')
  await count(2, before)
  for (const step of [
    ['scale', '--replicas=3'],
    ['annotate', 'note=kept'],
    ['rollout', 'pause'],
  ]) {
    const [verb = '', ...rest] = step
    const args = verb === 'rollout' ? [verb, ...rest, 'deployment/runs'] : [verb, 'deployment/runs', ...rest]
    t.match(await kubectl([...args, '-n', 'closed']), unheard, verb)
  }
  await count(3)
  t.equal((await kubectl(['delete', 'deployment/runs', '-n', 'closed', '--timeout=20s'])).status, 0)
  t.match(await kubectl(['delete', 'validatingwebhookconfiguration', 'pullgate']), { status: 0 }, 'the way out')
  await until({ what: 'the API server to forget Pullgate', limitMs: 20_000 }, async () => {
    const { status } = await apply('closed', podOf('free', podSpecWith(images.missing)))
    return status === 0 ? true : undefined
  })
}

await testWithRealParts(t, 'Pullgate is brought into a cluster', async (t, binaries) => {
  const cluster = await startGatedCluster(t, binaries, config)
  const { robot } = registryAccounts
  const [open, basic, stopped] = await Promise.all([
    startRegistry(binaries),
    startRegistry(binaries, { htpasswd: [robot] }),
    startRegistry(binaries),
  ])
  for (const registry of [open, basic, stopped]) t.teardown(registry.stop)
  await stopped.stop()
  await pushImage(open.url, { repository: 'shop/pay', tag: 'v1.0.0' })
  await pushImage(basic.url, { repository: 'shop/vault', tag: 'v1.0.0', auth: robot })
  const at = (tag: string): string => `${open.host}/shop/pay:${tag}`
  const images = { good: at('v1.0.0'), missing: at('v9.9.9'), silent: `${stopped.host}/shop/pay:v1.0.0` }
  const stage = (t: Test): Stage => ({ t, cluster, images })

  await t.test('each mode of the label, one after the other', (t) => everyMode(stage(t)))
  await t.test('kubectl as a check in CI: warnings as errors, on a dry run', (t) => inContinuousIntegration(stage(t)))
  await t.test('a bundle that brings its own Secret and ServiceAccount', (t) =>
    bundle(stage(t), `${basic.host}/shop/vault:v1.0.0`),
  )
  await t.test('every overlay can be applied', (t) => overlays(stage(t)))
  await t.test('failing closed, while Pullgate is away: users wait, controllers and deletions do not', (t) =>
    outage(stage(t)),
  )
})
