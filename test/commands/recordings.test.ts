/** Every recorded request, sent to the running program: the answer, and what it costs the registry. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Agent, request } from 'undici'
import { secretPath, startApiServer } from '../support/api-server.ts'
import { type ScriptedRegistry, startScriptedRegistry } from '../support/scripted-registry.ts'
import { type StandalonePullgate, startStandalonePullgate } from '../support/standalone-pullgate.ts'

const folder = join(import.meta.dirname, '../fixtures/admission-reviews')
const names = readdirSync(folder).filter((name) => name.endsWith('.json'))

// Nothing is remembered, so that each recording pays for itself: a tag and its digest are two requests.
const config = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
registries: {addresses: {allow: [127.0.0.0/8]}}
cache: {tag: 0s, content: 0s, absent: 0s, refused: 0s, secret: 0s}
`

/**
 * Requests of a first look for the recordings that are judged; every other one costs nothing. The images of one object
 * that are the same are one question.
 */
const costs: Readonly<Record<string, number>> = {
  'cronjob-create.CREATE-cronjobs': 2,
  'cronjob-set-image.UPDATE-cronjobs': 2,
  'deployment-client-apply-create.CREATE-deployments': 2,
  'deployment-client-apply-update.UPDATE-deployments': 2,
  'deployment-create.CREATE-deployments': 2,
  'deployment-kubectl-diff.UPDATE-deployments-dryrun': 2,
  'deployment-server-side-apply-create.CREATE-deployments': 2,
  'deployment-server-side-apply-update.UPDATE-deployments': 2,
  'deployment-set-image.UPDATE-deployments': 2,
  'job-create.CREATE-jobs': 2,
  'job-from-cronjob.CREATE-jobs': 2,
  'other-controllers-create.CREATE-daemonsets': 2,
  'other-controllers-create.CREATE-podtemplates': 2,
  'other-controllers-create.CREATE-replicasets': 2,
  'other-controllers-create.CREATE-replicationcontrollers': 2,
  'other-controllers-create.CREATE-statefulsets': 2,
  // Four tags, one of them omitted; the digest has the pull policy Never.
  'pod-create-all-image-fields-generatename.CREATE-pods': 8,
  'pod-create-by-serviceaccount-token.CREATE-pods': 2,
  'pod-create-dry-run-server.CREATE-pods-dryrun': 2,
  'pod-create-impersonated.CREATE-pods': 2,
  'pod-create-sa-injected-pull-secrets.CREATE-pods': 2,
  'pod-create.CREATE-pods': 2,
  'pod-ephemeral-container-add.UPDATE-pods_ephemeralcontainers': 2,
  'pod-update-image.UPDATE-pods': 2,
}

/** What is refused although the registry has everything. */
const refusals: Readonly<Record<string, RegExp>> = {
  'pod-create-all-image-fields-generatename.CREATE-pods': /No tag is written[^]*The pull secret missing does not exist/,
}

type Review = { request: { uid: string; namespace: string; name: string } }
type Answer = {
  apiVersion: string
  kind: string
  response: { uid: string; allowed: boolean; warnings?: string[]; status?: { code: number; message: string } }
}

const imagePattern = /"(image|reference)":"([^"]+)"/g

/** The recording with its images at this registry, under the names they have. */
const redirected = (text: string, registry: string): string =>
  text.replaceAll(imagePattern, (_, field: string, image: string) => {
    const [first = '', ...rest] = image.split('/')
    const path = /[.:]/.test(first) && rest.length > 0 ? rest.join('/') : image
    return `"${field}":"${registry}/${path.includes('/') ? path : `library/${path}`}"`
  })

const stock = (registry: ScriptedRegistry): void => {
  const repositories: Record<string, Record<string, object>> = {}
  for (const name of names) {
    const text = redirected(readFileSync(join(folder, name), 'utf8'), registry.host)
    for (const [, , image = ''] of text.matchAll(imagePattern)) {
      const [, path = '', tag = ''] = /^[^/]+\/([^:@]+)[:@]?(.*)$/.exec(image) ?? []
      repositories[path] = { ...repositories[path], [tag || 'latest']: {} }
    }
  }
  registry.script.repositories = repositories
}

const send = async (pullgate: StandalonePullgate, dispatcher: Agent, body: string): Promise<Answer> => {
  const answer = await request(`${pullgate.url}/validate/enforce?timeout=10s`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  })
  return (await answer.body.json()) as Answer
}

t.test('every recording', async (t) => {
  const registry = await startScriptedRegistry()
  t.teardown(registry.close)
  stock(registry)
  const api = await startApiServer()
  t.teardown(api.close)
  for (const namespace of ['shop', 'default', 'admission-lab'])
    api.put(`/api/v1/namespaces/${namespace}/serviceaccounts/default`, { apiVersion: 'v1', kind: 'ServiceAccount' })
  api.put(secretPath('shop', 'regcred'), {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from('{"auths":{"registry.example":{"auth":"YTpi"}}}').toString('base64') },
  })
  const pullgate = await startStandalonePullgate({ config, kubeconfig: api.kubeconfig })
  t.teardown(pullgate.stop)
  const dispatcher = new Agent({ connect: { ca: pullgate.authority } })
  t.teardown(() => dispatcher.destroy())

  for (const file of names) {
    const name = file.replace('.json', '')
    const body = redirected(readFileSync(join(folder, file), 'utf8'), registry.host)
    const { request: sent } = JSON.parse(body) as Review
    registry.requests.splice(0)
    api.requests.splice(0)
    const answer = await send(pullgate, dispatcher, body)
    t.match(answer, { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: sent.uid } }, name)
    const refusal = refusals[name]
    t.equal(answer.response.allowed, refusal === undefined, `${name}: ${JSON.stringify(answer.response)}`)
    if (refusal !== undefined) t.match(answer.response.status, { code: 403, message: refusal }, name)
    const expected = costs[name] ?? 0
    t.equal(registry.requests.length, expected, `${name}: registry requests`)
    if (expected === 0) t.equal(api.requests.length, 0, `${name}: no API request either`)
  }
  t.strictSame(registry.unexpected, [])
})
