/** Custom kinds through a real API server: their CRDs, the shipped rules, and a kind that only the configuration knows. */
import t, { type Test } from 'tap'
import type { Binaries } from '../support/binaries.ts'
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts'
import { installPullgate } from '../support/installed-pullgate.ts'
import { pushImage } from '../support/push-image.ts'
import { testWithRealParts } from '../support/real-parts.ts'
import { startRegistry } from '../support/registry-server.ts'
import { until } from '../support/until.ts'

const config = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
mode: enforce
registries:
  addresses: {allow: [127.0.0.0/8, "::1/128"]}
`

type Crd = { group: string; version: string; kind: string; scope?: 'Cluster' }

const pluralOf = ({ kind }: Crd): string => `${kind.toLowerCase()}s`

/** The shape says nothing of the fields, as CRDs do that embed a PodSpec; the status is a subresource. */
const definitionOf = (crd: Crd): object => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${pluralOf(crd)}.${crd.group}` },
  spec: {
    group: crd.group,
    scope: crd.scope ?? 'Namespaced',
    names: { kind: crd.kind, plural: pluralOf(crd), singular: crd.kind.toLowerCase() },
    versions: [
      {
        name: crd.version,
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
})

const rollout = { group: 'argoproj.io', version: 'v1alpha1', kind: 'Rollout' } as const
const service = { group: 'serving.knative.dev', version: 'v1', kind: 'Service' } as const
const task = { group: 'tekton.dev', version: 'v1', kind: 'Task' } as const
const sidecarSet = { group: 'apps.kruise.io', version: 'v1alpha1', kind: 'SidecarSet', scope: 'Cluster' } as const
const crds: readonly Crd[] = [rollout, service, task, sidecarSet]

const objectOf = ({ group, version, kind }: Crd, name: string, spec: object, more: object = {}): object => ({
  apiVersion: `${group}/${version}`,
  kind,
  metadata: { name, ...more },
  spec,
})

const ofPod = (image: string, more: object = {}): object => ({
  replicas: 2,
  template: { metadata: { labels: { app: 'pay' } }, spec: { containers: [{ name: 'app', image }] } },
  ...more,
})

const sumOf = (metrics: string, name: string): number =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)

const installDefinitions = async ({ kubectl }: ControlPlane): Promise<void> => {
  for (const crd of crds) {
    const { status, stderr } = await kubectl(['apply', '-f', '-'], JSON.stringify(definitionOf(crd)))
    if (status !== 0) throw new Error(stderr)
    await until({ what: `${crd.kind} to be served`, limitMs: 20_000 }, async () =>
      (await kubectl(['get', `${pluralOf(crd)}.${crd.group}`, '-A'])).status === 0 ? true : undefined,
    )
  }
}

const openGate = async (t: Test, binaries: Binaries) => {
  const plane = await startControlPlane(binaries)
  t.teardown(plane.stop)
  const registry = await startRegistry(binaries)
  t.teardown(registry.stop)
  await pushImage(registry.url, { repository: 'shop/pay', tag: 'v1.2.0' })
  await pushImage(registry.url, { repository: 'shop/pay', tag: 'v1.3.0' })
  await installDefinitions(plane)
  const pullgate = await installPullgate(plane, { config, manifests: 'manifests/overlays/custom-kinds' })
  t.teardown(pullgate.stop)
  await plane.kubectl(['create', 'namespace', 'shop'])
  await plane.kubectl(['label', 'namespace', 'shop', 'pullgate.dev/mode=enforce'])
  const metrics = async (): Promise<string> => (await fetch(`${pullgate.metricsUrl}/metrics`)).text()
  return {
    kubectl: plane.kubectl,
    apply: (object: object) => plane.kubectl(['apply', '-n', 'shop', '-f', '-'], JSON.stringify(object)),
    image: (tag: string) => `${registry.host.replace('127.0.0.1', 'localhost')}/shop/pay:${tag}`,
    requests: async () => sumOf(await metrics(), 'pullgate_registry_requests_total'),
    metrics,
  }
}

await testWithRealParts(t, 'custom kinds, through a real API server', async (t, binaries) => {
  const { kubectl, apply, image, requests, metrics } = await openGate(t, binaries)
  const good = image('v1.2.0')
  const missing = image('v9.9.9')

  for (const kind of [rollout, service]) {
    await t.test(`${kind.kind}: refused at its own field, admitted when the tag is there`, async (t) => {
      const name = `pay-${kind.kind.toLowerCase()}`
      const { status, stderr } = await apply(objectOf(kind, name, ofPod(missing)))
      t.equal(status, 1)
      t.match(stderr, 'admission webhook "enforce.pullgate.dev" denied the request')
      t.match(stderr, `spec.template.spec.containers[0].image "${missing}"`)
      t.match(stderr, 'There is no tag v9.9.9')
      t.match(await apply(objectOf(kind, name, ofPod(good))), { status: 0, stderr: '' })
    })

    await t.test(`${kind.kind}: an update that changes no image costs nothing, one that does is judged`, async (t) => {
      const name = `pay-${kind.kind.toLowerCase()}`
      const before = await requests()
      t.match(await apply(objectOf(kind, name, ofPod(good, { replicas: 5 }), { labels: { team: 'pay' } })), {
        status: 0,
      })
      t.equal(await requests(), before)
      t.match((await apply(objectOf(kind, name, ofPod(missing)))).stderr, 'There is no tag v9.9.9')
      t.match(await apply(objectOf(kind, name, ofPod(image('v1.3.0')))), { status: 0 })
      const resource = `${pluralOf(kind)}.${kind.group}`
      const patch = JSON.stringify({ status: { phase: 'Healthy' }, spec: ofPod(missing) })
      const status = await kubectl([
        ...['patch', resource, name, '-n', 'shop', '--subresource=status', '--type=merge', '-p', patch],
      ])
      t.match(status, { status: 0, stderr: '' }, 'the status is not asked about')
      t.match(await kubectl(['delete', resource, name, '-n', 'shop']), { status: 0 })
    })
  }

  await t.test('a Rollout without a template of its own, and images still to come', async (t) => {
    const borrowed = { workloadRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'pay' } }
    t.match(await apply(objectOf(rollout, 'borrowed', borrowed)), { status: 0, stderr: '' })
    t.match(await apply(objectOf(rollout, 'borrowed', { ...borrowed, replicas: 3 })), { status: 0, stderr: '' })
    const toCome = { template: { spec: { containers: [{ name: 'app' }] } } }
    t.match(await apply(objectOf(service, 'to-come', toCome)), { status: 0, stderr: '' })
    t.match(await apply(objectOf(service, 'odd', { template: 'no object' })), { status: 0, stderr: '' })
    t.match(await apply(objectOf(service, 'odd', { template: ['none', 'either'] })), { status: 0, stderr: '' })
  })

  await t.test('a Task: an update of images outside PodSpecs is asked about, placeholders are skipped', async (t) => {
    const steps = (...images: string[]) => ({
      steps: images.map((each, index) => ({ name: `s${index}`, image: each })),
    })
    t.match(await apply(objectOf(task, 'build', steps(good, '$(params.builder)'))), { status: 0, stderr: '' })
    const { stderr } = await apply(objectOf(task, 'build', steps(good, missing)))
    t.match(stderr, `spec.steps[1].image "${missing}"`)
    t.notMatch(stderr, 'spec.steps[0]')
  })

  await t.test('a cluster-scoped kind: tags are judged in the configured mode, and no registry is asked', async (t) => {
    const before = await requests()
    const latest = await apply(objectOf(sidecarSet, 'logs', { containers: [{ name: 'log', image: image('latest') }] }))
    t.match(latest.stderr, 'admission webhook "default.pullgate.dev" denied the request')
    t.match(latest.stderr, 'spec.containers[0].image')
    const unknown = objectOf(sidecarSet, 'logs', { containers: [{ name: 'log', image: missing }] })
    t.match(await apply(unknown), { status: 0, stderr: '' })
    t.equal(await requests(), before)
  })

  await t.test('no expression of the configuration has failed, and the kinds have metrics of their own', async (t) => {
    const { stdout } = await kubectl(['get', '--raw', '/metrics'])
    t.equal(sumOf(stdout, 'apiserver_admission_match_condition_evaluation_errors_total'), 0)
    t.equal(sumOf(stdout, 'apiserver_admission_webhook_fail_open_count'), 0)
    t.match(await metrics(), /pullgate_admission_requests_total\{decision="denied",kind="Rollout"/)
  })
})
