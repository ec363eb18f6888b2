import { inspect } from 'node:util'
import t from 'tap'
import { createClusterClient } from '../../src/cluster/client.ts'
import { createSecretStore } from '../../src/cluster/own-secret.ts'
import { createWebhookConfigurationStore } from '../../src/cluster/webhook-configuration.ts'
import type { Json } from '../support/api-server.ts'
import { configurationPath, secretPath, startApiServer } from '../support/api-server.ts'

const api = await startApiServer()
t.teardown(async () => api.close())
const client = createClusterClient({ kubeconfig: api.kubeconfig }, () => undefined)
t.teardown(async () => client.close())
t.afterEach(() => {
  api.mend()
  api.requests.length = 0
})

const base64 = (text: string) => Buffer.from(text).toString('base64')
const path = secretPath('pullgate-system', 'pullgate-certs')
const store = createSecretStore(client, 'pullgate-system', 'pullgate-certs')
const stored = async () => {
  const answer = await store.read()
  if (answer.state !== 'found') throw new Error(answer.state)
  return answer.value
}

await t.test('an empty Secret, as the manifests create it, is filled and otherwise left as it is', async (t) => {
  const labels = { 'app.kubernetes.io/part-of': 'shop' }
  api.put(path, { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', metadata: { labels } })
  const empty = await stored()
  t.same(empty.texts, {})
  t.same(await store.update(empty.version, { 'tls.key': 's3cr3t' }), { state: 'written' })
  t.match(api.get(path), { type: 'Opaque', metadata: { labels }, data: { 'tls.key': base64('s3cr3t') } })
  const full = await stored()
  t.same(full.texts, { 'tls.key': 's3cr3t' })
  t.notMatch(inspect(full.version, { depth: 9, showHidden: true }), 's3cr3t')
  t.notMatch(JSON.stringify(full.version), base64('s3cr3t'))
  await store.update(full.version, { other: 'x' })
  t.same(Object.keys((await stored()).texts).sort(), ['other', 'tls.key'], 'keys of others stay')
})

await t.test('a version that is out of date is a conflict and changes nothing', async (t) => {
  const { version } = await stored()
  await store.update(version, { a: '1' })
  t.match(await store.update(version, { a: '2' }), { state: 'conflict', why: /has been modified/ })
  t.equal((await stored()).texts['a'], '1')
})

await t.test('creation', async (t) => {
  api.remove(path)
  t.same(await store.read(), { state: 'absent' })
  t.same(await store.create({ 'tls.crt': 'c' }), { state: 'written' })
  t.match(api.get(path), { type: 'kubernetes.io/tls', data: { 'tls.crt': base64('c') } })
  t.match(await store.create({ 'tls.crt': 'd' }), { state: 'conflict', why: /already exists/ })
  const { version } = await stored()
  api.remove(path)
  t.same(await store.update(version, {}), { state: 'absent' })
})

await t.test('refusals and faults', async (t) => {
  for (const fault of ['null', 'garbage'] as const) {
    api.fail('GET', path, fault)
    t.match(await store.read(), { state: 'unanswered', why: String }, fault)
  }
  api.mend()
  api.put(path, { apiVersion: 'v1', kind: 'Secret' })
  const { version } = await stored()
  api.fail('PUT', path, 'forbidden')
  t.match(await store.update(version, {}), { state: 'unreadable', why: /secrets is forbidden/ })
  api.fail('POST', '/api/v1/namespaces/pullgate-system/secrets', 'server-error')
  t.match(await store.create({}), { state: 'unanswered' })
})

const configuration = createWebhookConfigurationStore(client, 'pullgate')
const configurationAt = configurationPath('pullgate')
const webhook = (name: string, caBundle?: string): Json => ({
  name,
  clientConfig: { service: { name: 'pullgate', namespace: 'pullgate-system' }, ...(caBundle && { caBundle }) },
  rules: [],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
})
const seenBundles = async () => {
  const answer = await configuration.read()
  if (answer.state !== 'found') throw new Error(answer.state)
  return answer.value
}

await t.test('only webhooks with another bundle are changed, and nothing but their bundle', async (t) => {
  const webhooks = [
    webhook('a.pullgate.dev'),
    webhook('b.pullgate.dev', base64('new')),
    webhook('c.pullgate.dev', base64('old')),
  ]
  api.put(configurationAt, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    webhooks,
  })
  const seen = await seenBundles()
  t.same(seen.webhooks, [
    { webhook: 'a.pullgate.dev', bundle: '' },
    { webhook: 'b.pullgate.dev', bundle: 'new' },
    { webhook: 'c.pullgate.dev', bundle: 'old' },
  ])
  t.same(await configuration.write(seen, 'new'), { state: 'written' })
  const { body, contentType } = api.requests.at(-1) ?? {}
  t.equal(contentType, 'application/json-patch+json')
  t.match(JSON.parse(body ?? ''), [
    { op: 'test', path: '/metadata/resourceVersion' },
    { op: 'add', path: '/webhooks/0/clientConfig/caBundle', value: base64('new') },
    { op: 'add', path: '/webhooks/2/clientConfig/caBundle' },
  ])
  t.same((api.get(configurationAt)?.['webhooks'] as Json[])[0], webhook('a.pullgate.dev', base64('new')))
  t.match(await configuration.write(seen, 'newer'), { state: 'conflict', why: /rejected our request/ })
})

await t.test('a configuration that is not there, not for us, or nothing of the kind', async (t) => {
  const seen = await seenBundles()
  api.fail('PATCH', configurationAt, 'forbidden')
  t.match(await configuration.write(seen, 'x'), { state: 'unreadable' })
  api.fail('GET', configurationAt, 'null')
  t.match(await configuration.read(), { state: 'unanswered' })
  api.mend()
  api.put(configurationAt, { kind: 'ValidatingWebhookConfiguration' })
  t.same((await seenBundles()).webhooks, [])
  api.remove(configurationAt)
  t.same(await configuration.read(), { state: 'absent' })
})
