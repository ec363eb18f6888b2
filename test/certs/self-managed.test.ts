import { X509Certificate } from 'node:crypto'
import t from 'tap'
import { bundleOf, createBundleWriter } from '../../src/certs/bundle.ts'
import { inspectPair, readCertificates } from '../../src/certs/inspect.ts'
import { authorityName, issueAuthority, issueServing } from '../../src/certs/issue.ts'
import { ensureCertificates } from '../../src/certs/self-managed.ts'
import { createClusterClient } from '../../src/cluster/client.ts'
import { createSecretStore } from '../../src/cluster/own-secret.ts'
import { createWebhookConfigurationStore } from '../../src/cluster/webhook-configuration.ts'
import type { Json } from '../support/api-server.ts'
import { configurationPath, secretPath, startApiServer } from '../support/api-server.ts'

const api = await startApiServer()
t.teardown(async () => api.close())
const client = createClusterClient({ kubeconfig: api.kubeconfig }, () => undefined)
t.teardown(async () => client.close())

const secretAt = secretPath('pullgate-system', 'pullgate-certs')
const configurationAt = configurationPath('pullgate')
const start = new Date()
const dnsNames = ['pullgate.pullgate-system.svc', 'pullgate.pullgate-system.svc.cluster.local']
const daysLater = (days: number) => new Date(start.getTime() + days * 86_400_000)
const text = (base64: unknown) => Buffer.from(String(base64), 'base64').toString()
const base64 = (value: string) => Buffer.from(value).toString('base64')

const ensure = async (at = start, names: readonly string[] = dnsNames) =>
  ensureCertificates({
    store: createSecretStore(client, 'pullgate-system', 'pullgate-certs'),
    writeBundle: createBundleWriter(createWebhookConfigurationStore(client, 'pullgate')),
    dnsNames: names,
    now: () => at,
  })
const storedTexts = () => {
  const data = (api.get(secretAt)?.['data'] ?? {}) as Json
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, text(value)]))
}
const bundles = () =>
  ((api.get(configurationAt)?.['webhooks'] ?? []) as { clientConfig: Json }[]).map(({ clientConfig }) =>
    text(clientConfig['caBundle'] ?? ''),
  )
const writes = () =>
  api.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`)

t.beforeEach(() => {
  api.mend()
  api.requests.length = 0
  // As the manifests create them: an empty Secret, and webhooks without a bundle.
  api.put(secretAt, { apiVersion: 'v1', kind: 'Secret', type: 'Opaque' })
  const webhooks = ['enforce', 'default'].map((name) => ({ name: `${name}.pullgate.dev`, clientConfig: {} }))
  api.put(configurationAt, { kind: 'ValidatingWebhookConfiguration', webhooks })
})

await t.test('the first start fills the empty Secret and every webhook’s bundle', async (t) => {
  const served = await ensure()
  t.match(served, {
    issued: 'authority-and-serving',
    changedWebhooks: ['enforce.pullgate.dev', 'default.pullgate.dev'],
  })
  t.equal(served.bundleFault, undefined)
  t.match(inspectPair(served, dnsNames, start), { state: 'ok' })
  t.equal(served.expiresAt.toISOString(), new Date(new X509Certificate(served.certificate).validTo).toISOString())
  const texts = storedTexts()
  t.same(Object.keys(texts).sort(), ['ca.crt', 'ca.key', 'tls.crt', 'tls.key'])
  t.equal(texts['tls.key'], served.key)
  t.same(bundles(), [served.authority, served.authority])
})

await t.test('the second finds everything right and writes nothing', async (t) => {
  const first = await ensure()
  api.requests.length = 0
  const second = await ensure(daysLater(200))
  t.match(second, { issued: 'nothing', changedWebhooks: [], key: first.key, certificate: first.certificate })
  t.same(writes(), [])
})

await t.test('an absent Secret is created where that is allowed', async (t) => {
  api.remove(secretAt)
  t.match(await ensure(), { issued: 'authority-and-serving' })
  t.match(api.get(secretAt), { type: 'kubernetes.io/tls' })
})

await t.test('an absent Secret that may not be created: what to type', async (t) => {
  api.remove(secretAt)
  api.fail('POST', '/api/v1/namespaces/pullgate-system/secrets', 'forbidden')
  await t.rejects(ensure(), {
    message:
      /^The Secret pullgate-system\/pullgate-certs does not exist, and Pullgate may not create it\. Create it empty: kubectl create secret generic pullgate-certs -n pullgate-system\. The API server said: .*forbidden/,
  })
})

await t.test('missing rights are named by verb, resource and object', async (t) => {
  api.fail('GET', secretAt, 'forbidden')
  await t.rejects(ensure(), {
    message:
      /may not get the Secret pullgate-system\/pullgate-certs: its Role needs the verb "get" on "secrets" with resourceNames \["pullgate-certs"\]\. Ask: kubectl auth can-i get secrets\/pullgate-certs -n pullgate-system --as=system:serviceaccount:pullgate-system:SERVICEACCOUNT/,
  })
  api.mend()
  api.fail('PUT', secretAt, 'forbidden')
  await t.rejects(ensure(), { message: /may not update .* needs the verb "update"/ })
  api.mend()
  api.fail('GET', secretAt, 'server-error')
  await t.rejects(ensure(), { message: /^Pullgate could not get the Secret .*: etcdserver: request timed out\.$/ })
  t.notMatch(JSON.stringify(await ensure().catch(String)), /PRIVATE/)
})

await t.test('a bundle that cannot be written does not keep the pair from being served', async (t) => {
  api.fail('PATCH', configurationAt, 'forbidden')
  const served = await ensure()
  t.match(
    served.bundleFault?.message,
    /may not patch the ValidatingWebhookConfiguration pullgate: its ClusterRole needs the verb "patch"/,
  )
  t.match(inspectPair(served, dnsNames, start), { state: 'ok' })
  api.mend()
  api.fail('GET', configurationAt, 'reset')
  t.match((await ensure()).bundleFault?.message, /could not get the ValidatingWebhookConfiguration pullgate/)
  api.mend()
  api.remove(configurationAt)
  t.match((await ensure()).bundleFault?.message, /There is no ValidatingWebhookConfiguration pullgate/)
})

await t.test('replicas that start together serve the same pair', async (t) => {
  const served = await Promise.all([ensure(), ensure(), ensure()])
  t.equal(new Set(served.map(({ certificate }) => certificate)).size, 1)
  t.same(served.map(({ issued }) => issued).sort(), ['authority-and-serving', 'nothing', 'nothing'])
  t.equal(served[0].key, storedTexts()['tls.key'])
  t.same(new Set(bundles()), new Set([served[0].authority]), 'no loser’s authority is trusted')
})

await t.test('another replica is first between reading and writing', async (t) => {
  const authority = issueAuthority({ commonName: authorityName, now: start })
  const theirs = issueServing({ authority, dnsNames, now: start })
  let raced = false
  api.before('PUT', secretAt, () => {
    if (raced) return
    raced = true
    const texts = {
      'ca.crt': authority.certificate,
      'ca.key': authority.key,
      'tls.crt': theirs.certificate,
      'tls.key': theirs.key,
    }
    api.put(secretAt, {
      kind: 'Secret',
      data: Object.fromEntries(Object.entries(texts).map(([key, pem]) => [key, base64(pem)])),
    })
  })
  t.match(await ensure(), { issued: 'nothing', certificate: theirs.certificate })
})

await t.test('a conflict that never ends is given up', async (t) => {
  api.before('PUT', secretAt, () => {
    api.put(secretAt, { kind: 'Secret' })
  })
  await t.rejects(ensure(), {
    message: /could not write the Secret pullgate-system\/pullgate-certs in 5 attempts: .*has been modified/,
  })
  t.equal(writes().length, 5)
  api.mend()
  api.before('PATCH', configurationAt, () => {
    api.put(configurationAt, api.get(configurationAt) ?? {})
  })
  t.match(
    (await ensure()).bundleFault?.message,
    /could not patch the ValidatingWebhookConfiguration pullgate in 5 attempts/,
  )
})

await t.test('a Secret deleted while it is written is made again', async (t) => {
  api.before('PUT', secretAt, () => {
    api.remove(secretAt)
  })
  t.match(await ensure(), { issued: 'authority-and-serving' })
  t.ok(storedTexts()['ca.key'])
})

await t.test('renewal when a third of the life is left, by the same authority', async (t) => {
  const first = await ensure()
  t.match(await ensure(daysLater(240)), { issued: 'nothing' })
  const renewed = await ensure(daysLater(250))
  t.match(renewed, { issued: 'serving', authority: first.authority, changedWebhooks: [] })
  t.not(renewed.key, first.key)
  t.equal(storedTexts()['tls.crt'], renewed.certificate)
})

await t.test('an authority that ends soon is replaced with the certificate, and stays trusted meanwhile', async (t) => {
  const first = await ensure()
  const late = daysLater(365 * 7)
  const renewed = await ensure(late)
  t.match(renewed, {
    issued: 'authority-and-serving',
    changedWebhooks: ['enforce.pullgate.dev', 'default.pullgate.dev'],
  })
  t.same(bundles(), Array(2).fill(renewed.authority + first.authority))
  t.match(inspectPair({ ...renewed, authority: bundles()[0] ?? '' }, dnsNames, late), { state: 'ok' })
  await ensure(daysLater(365 * 11))
  t.notMatch(bundles()[0], first.authority, 'until it has expired')
})

await t.test('what cannot be served is replaced', async (t) => {
  const good = await ensure()
  const texts = storedTexts()
  const stranger = issueAuthority({ commonName: 'stranger', now: start })
  const damages = {
    'the key is of another certificate': { ...texts, 'tls.key': stranger.key },
    'the certificate is not PEM': { ...texts, 'tls.crt': 'x' },
    'the authority is another one': { ...texts, 'ca.crt': stranger.certificate },
    'there is no certificate': { 'ca.crt': texts['ca.crt'] ?? '' },
    'the keys of the authority do not match': { ...texts, 'tls.key': '', 'ca.key': stranger.key },
  }
  for (const [what, damaged] of Object.entries(damages)) {
    const data = Object.fromEntries(Object.entries(damaged).map(([key, pem]) => [key, base64(pem)]))
    api.put(secretAt, { kind: 'Secret', data: { ...data, theirs: 'AAAA' } })
    const served = await ensure()
    t.match(inspectPair(served, dnsNames, start), { state: 'ok' }, what)
    t.not(served.key, good.key, what)
    t.equal((api.get(secretAt)?.['data'] as Json)['theirs'], 'AAAA', 'what is not ours stays')
  }
  const renamed = await ensure(start, ['other.elsewhere.svc'])
  t.match(renamed, { issued: 'serving' })
  t.match(inspectPair(renamed, ['other.elsewhere.svc'], start), { state: 'ok' })
})

await t.test('a pair without its authority’s key is served until it is due', async (t) => {
  await ensure()
  const data = { ...(api.get(secretAt)?.['data'] as Json) }
  delete data['ca.key']
  api.put(secretAt, { kind: 'Secret', data })
  t.match(await ensure(), { issued: 'nothing' })
  t.match(await ensure(daysLater(300)), { issued: 'authority-and-serving' })
})

await t.test('somebody empties a webhook’s bundle: only that one is repaired', async (t) => {
  const first = await ensure()
  const webhooks = structuredClone(api.get(configurationAt)?.['webhooks']) as { clientConfig: Json }[]
  if (webhooks[1] !== undefined) webhooks[1].clientConfig = {}
  api.put(configurationAt, { kind: 'ValidatingWebhookConfiguration', webhooks })
  t.match(await ensure(), { issued: 'nothing', changedWebhooks: ['default.pullgate.dev'] })
  t.same(bundles(), [first.authority, first.authority])
})

await t.test('what a bundle holds', async (t) => {
  const generation = (day: number, commonName = authorityName) =>
    issueAuthority({ commonName, now: daysLater(day) }).certificate
  const [a, b, c, d] = [generation(0), generation(1), generation(2), generation(3)]
  const at = daysLater(4)
  t.equal(bundleOf(a, '', at), a)
  t.equal(bundleOf(a, a + a, at), a, 'nothing twice')
  t.equal(bundleOf(d, a + b + c, at), d + c + b, 'three at most, the newest')
  t.equal(bundleOf(a, d, at), a + d, 'the current one first, even where it is older')
  t.equal(bundleOf(a, generation(0, 'stranger'), at), a, 'no stranger')
  const expired = issueAuthority({ commonName: authorityName, now: daysLater(-20), lifetimeDays: 10 }).certificate
  t.equal(bundleOf(a, `${expired}garbage`, at), a, 'nothing expired')
  const parent = issueAuthority({ commonName: authorityName, now: start })
  t.equal(
    bundleOf(a, issueServing({ authority: parent, dnsNames: [authorityName], now: start }).certificate, at),
    a,
    'no leaf',
  )
  t.equal(readCertificates(bundleOf(d, a + b, at)).length, 3)
})
