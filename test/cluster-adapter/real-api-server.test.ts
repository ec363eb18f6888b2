import t from 'tap'
import { createBundleWriter } from '../../src/certs/bundle.ts'
import { ensureCertificates } from '../../src/certs/self-managed.ts'
import { createClusterClient } from '../../src/cluster/client.ts'
import { createSecretStore } from '../../src/cluster/own-secret.ts'
import { createWebhookConfigurationStore } from '../../src/cluster/webhook-configuration.ts'
import { startControlPlane } from '../support/control-plane.ts'
import { testWithRealParts } from '../support/real-parts.ts'

const namespace = 'pullgate-system'
const name = (of: string, more: object = {}) => ({ metadata: { name: of, ...more } })
const webhook = (of: string) => ({
  name: `${of}.pullgate.dev`,
  clientConfig: { service: { name: 'pullgate', namespace, path: `/validate/${of}` } },
  rules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
  objectSelector: { matchLabels: { never: 'there' } },
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
})
const rbac = 'rbac.authorization.k8s.io'
const subjects = [{ kind: 'ServiceAccount', name: 'pullgate', namespace }]
const manifests = [
  { apiVersion: 'v1', kind: 'Namespace', ...name(namespace) },
  { apiVersion: 'v1', kind: 'ServiceAccount', ...name('pullgate', { namespace }) },
  { apiVersion: 'v1', kind: 'Secret', ...name('pullgate-certs', { namespace }) },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    ...name('pullgate', { namespace }),
    rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: ['pullgate-certs'], verbs: ['get', 'update'] }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    ...name('pullgate', { namespace }),
    subjects,
    roleRef: { apiGroup: rbac, kind: 'Role', name: 'pullgate' },
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    ...name('pullgate'),
    rules: [
      {
        apiGroups: ['admissionregistration.k8s.io'],
        resources: ['validatingwebhookconfigurations'],
        resourceNames: ['pullgate'],
        verbs: ['get', 'patch'],
      },
    ],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    ...name('pullgate'),
    subjects,
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'pullgate' },
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    ...name('pullgate'),
    webhooks: [webhook('enforce'), webhook('warn')],
  },
]

await testWithRealParts(t, 'a real API server and the rights that Pullgate asks for', async (t, binaries) => {
  const controlPlane = await startControlPlane(binaries)
  t.teardown(controlPlane.stop)
  const { kubectl } = controlPlane
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: manifests })
  const applied = await kubectl(['apply', '--filename=-'], list)
  t.equal(applied.status, 0, applied.stderr)
  const kubeconfig = await controlPlane.kubeconfigFor({ serviceAccount: 'pullgate', namespace })
  const client = createClusterClient({ kubeconfig }, () => undefined)
  t.teardown(async () => client.close())
  const secretStore = createSecretStore(client, namespace, 'pullgate-certs')
  const configurationStore = createWebhookConfigurationStore(client, 'pullgate')
  const ensure = async (store = secretStore) =>
    ensureCertificates({
      store,
      writeBundle: createBundleWriter(configurationStore),
      dnsNames: [`pullgate.${namespace}.svc`],
      now: () => new Date(),
    })

  await t.test('several replicas start at once', async (t) => {
    const served = await Promise.all([ensure(), ensure(), ensure()])
    t.equal(new Set(served.map(({ certificate }) => certificate)).size, 1)
    t.same(
      served.flatMap(({ bundleFault }) => bundleFault?.message ?? []),
      [],
    )
    const { stdout } = await kubectl(['get', 'validatingwebhookconfiguration', 'pullgate', '--output=json'])
    const { webhooks } = JSON.parse(stdout) as { webhooks: { clientConfig: { caBundle: string; service: object } }[] }
    t.same(
      webhooks.map(({ clientConfig }) => Buffer.from(clientConfig.caBundle, 'base64').toString()),
      [served[0].authority, served[0].authority],
    )
    t.match(webhooks[0]?.clientConfig.service, { path: '/validate/enforce' })
    t.match(await ensure(), { issued: 'nothing', changedWebhooks: [] })
  })

  await t.test('versions that are out of date are conflicts', async (t) => {
    const [secret, bundles] = await Promise.all([secretStore.read(), configurationStore.read()])
    if (secret.state !== 'found' || bundles.state !== 'found') throw new Error('not read')
    const labelled = await kubectl(['label', '--namespace', namespace, 'secret/pullgate-certs', 'seen=yes'])
    t.equal(labelled.status, 0, labelled.stderr)
    await kubectl(['label', 'validatingwebhookconfiguration/pullgate', 'seen=yes'])
    t.match(await secretStore.update(secret.value.version, { a: 'b' }), { state: 'conflict', why: /has been modified/ })
    t.match(await configurationStore.write(bundles.value, 'x'), { state: 'conflict', why: String })
  })

  await t.test('a Secret that is not there, and may not be made', async (t) => {
    await t.rejects(ensure(createSecretStore(client, namespace, 'another')), {
      message:
        /may not get the Secret pullgate-system\/another: its Role needs the verb "get".*User "system:serviceaccount/,
    })
    await kubectl(['delete', '--namespace', namespace, 'secret/pullgate-certs'])
    await t.rejects(ensure(), {
      message:
        /pullgate-system\/pullgate-certs does not exist.*kubectl create secret generic pullgate-certs -n pullgate-system/,
    })
    await kubectl(['create', 'secret', 'generic', 'pullgate-certs', '--namespace', namespace])
    t.match(await ensure(), {
      issued: 'authority-and-serving',
      changedWebhooks: ['enforce.pullgate.dev', 'warn.pullgate.dev'],
    })
  })
})
