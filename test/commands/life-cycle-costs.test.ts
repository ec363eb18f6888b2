/**
 * Every row of the life of an object, sent to the running program: the answer, and how many requests it costs the
 * registry and the API server. An image nobody has asked about is two for its registry: its tag, and its digest.
 */
import t, { type Test } from 'tap'
import { Agent, request } from 'undici'
import { builtInKinds } from '../../src/core/kinds.ts'
import { type ApiServer, accountPath, type Json, secretPath, startApiServer } from '../support/api-server.ts'
import { type ScriptedRegistry, startScriptedRegistry } from '../support/scripted-registry.ts'
import { startStandalonePullgate } from '../support/standalone-pullgate.ts'
import { controlledBy, controllerUser, objectOf, podSpec, type RawPodSpec, rowFor } from '../support/workloads.ts'

const config = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
registries: {addresses: {allow: [127.0.0.0/8]}}
`
const tags = ['a', 'b', 'c', 'd'] as const
type Tag = (typeof tags)[number] | 'missing' | 'blank'

type Request = {
  kind: string
  object: Json | null
  operation?: string
  oldObject?: Json
  subresource?: string
  /** Of the request, where it is not the object's. */
  groupKind?: { group: string; version: string; kind: string }
  user?: { username: string; groups: readonly string[] }
  dryRun?: boolean
}

type Row = {
  what: string
  /** Sent before, so that the row finds something remembered. */
  earlier?: Request
  request: Request
  /** A refusal, a warning or an audit annotation, with its cause. Default: nothing to say. */
  answer?: { as: 'denied' | 'warned' | 'audited'; cause: string }
  /** Requests. Default: none. */
  registry?: number
  api?: number
}

/** Stands for the row's own repository, which nobody has asked about; filled in when the row is sent. */
const imageOf = (tag: Tag): string => (tag === 'blank' ? '' : `REPOSITORY:${tag}`)

const withImages = (images: readonly Tag[], more: RawPodSpec = {}): RawPodSpec =>
  podSpec({ containers: images.map((tag, index) => ({ name: `c${index}`, image: imageOf(tag) })), ...more })

const make = (kind: string, images: readonly Tag[], more: RawPodSpec = {}, metadata: Json = {}): Json =>
  objectOf(kind, withImages(images, more), { namespace: undefined, ...metadata })

const create = (kind: string, images: readonly Tag[], more?: RawPodSpec, metadata?: Json): Request => ({
  kind,
  object: make(kind, images, more, metadata),
})

const update = (kind: string, before: Json, after: Json, subresource = ''): Request => ({
  kind,
  operation: 'UPDATE',
  object: after,
  oldObject: before,
  subresource,
})

const three = ['a', 'b', 'c'] as const
const abc = make('Deployment', three)
const policy = (pull: string): RawPodSpec => ({
  containers: three.map((tag, index) => ({
    name: `c${index}`,
    image: imageOf(tag),
    ...(index === 1 ? { imagePullPolicy: pull } : {}),
  })),
})
const secrets = { imagePullSecrets: [{ name: 'regcred' }] }
const nameOfDebugger = { ephemeralContainers: [{ name: 'debug', image: imageOf('b') }] }
const owned = controlledBy('ReplicaSet', 'pay-7d4b')
const replicas = (object: Json, count: number): Json => ({
  ...object,
  spec: { ...(object['spec'] as Json), replicas: count },
})
const denied = { as: 'denied', cause: 'There is no tag missing' } as const

const creations: readonly Row[] = [
  ...builtInKinds.map(
    ({ kind }): Row => ({
      what: `CREATE of ${kind}`,
      request: create(kind, ['a']),
      registry: 2,
      // The pull secrets of a template may come from its service account; a Pod has been given them already.
      api: kind === 'Pod' ? 0 : 1,
    }),
  ),
  { what: 'three images', request: create('Deployment', three), registry: 6, api: 1 },
  { what: 'one image three times', request: create('Deployment', ['a', 'a', 'a']), registry: 2, api: 1 },
  { what: 'the same again', earlier: create('Deployment', three), request: create('Deployment', three) },
  { what: 'with a pull secret', request: create('Deployment', ['a'], secrets), registry: 2, api: 1 },
  {
    what: 'a dry run',
    request: { ...create('Deployment', ['a']), dryRun: true },
    registry: 2,
    api: 1,
  },
  {
    what: 'a tag that does not exist: the tag, and the list that suggests others',
    request: create('Deployment', ['missing']),
    answer: denied,
    registry: 2,
    api: 2,
  },
  {
    what: 'a pull secret that does not exist is looked for once more before it is held against anybody',
    request: create('Deployment', ['a'], { imagePullSecrets: [{ name: 'nobody' }] }),
    answer: { as: 'denied', cause: 'The pull secret nobody does not exist' },
    registry: 2,
    api: 2,
  },
  { what: 'a blank image in a template', request: create('Deployment', ['blank', 'a']), registry: 2, api: 1 },
  { what: 'nothing but a blank image in a template', request: create('Deployment', ['blank']), api: 1 },
  {
    what: 'a ReplicaSet of 0 replicas with a bad image',
    request: { kind: 'ReplicaSet', object: replicas(make('ReplicaSet', ['missing']), 0) },
    answer: { as: 'warned', cause: 'There is no tag missing' },
    registry: 2,
    api: 2,
  },
  {
    what: 'a ReplicaSet of 1',
    request: { kind: 'ReplicaSet', object: replicas(make('ReplicaSet', ['missing']), 1) },
    answer: denied,
    registry: 2,
    api: 2,
  },
]

const updates: readonly Row[] = [
  { what: 'UPDATE of nothing', request: update('Deployment', abc, abc) },
  { what: 'UPDATE of replicas', request: update('Deployment', replicas(abc, 1), replicas(abc, 9)) },
  {
    what: 'UPDATE of nothing, where all is bad',
    request: update('Deployment', make('Deployment', ['missing']), make('Deployment', ['missing'])),
  },
  {
    what: 'UPDATE of one of three containers',
    request: update('Deployment', abc, make('Deployment', ['a', 'd', 'c'])),
    registry: 2,
    api: 1,
  },
  {
    what: 'UPDATE of one container, beside one that is bad already',
    request: update('Deployment', make('Deployment', ['missing', 'b']), make('Deployment', ['missing', 'd'])),
    registry: 2,
    api: 1,
  },
  {
    what: 'UPDATE of the pull secrets: all images are asked about with them',
    request: update('Deployment', abc, make('Deployment', three, secrets)),
    registry: 6,
    api: 1,
  },
  {
    what: 'UPDATE of the service account',
    request: update('Deployment', abc, make('Deployment', three, { serviceAccountName: 'builder' })),
    registry: 6,
    api: 1,
  },
  {
    what: 'UPDATE of one container’s pull policy',
    request: update('Deployment', abc, make('Deployment', three, policy('Always'))),
    registry: 2,
    api: 1,
  },
  {
    what: 'UPDATE of one container’s pull policy to Never: only the pull secrets are looked at',
    request: update('Deployment', abc, make('Deployment', three, policy('Never'))),
    api: 1,
  },
  {
    what: 'UPDATE of the platform selector',
    request: update('Deployment', abc, make('Deployment', three, { nodeSelector: { 'kubernetes.io/arch': 'arm64' } })),
    registry: 6,
    api: 1,
  },
]

const bad = make('Pod', ['missing'])
const scale = { group: 'autoscaling', version: 'v1', kind: 'Scale' }
const eviction = { group: 'policy', version: 'v1', kind: 'Eviction' }
const good = make('Pod', ['a'])

const passages: readonly Row[] = [
  {
    what: 'being deleted',
    request: update('Pod', good, make('Pod', ['missing'], {}, { deletionTimestamp: '2026-11-20T00:00:00Z' })),
  },
  { what: 'DELETE', request: { kind: 'Pod', operation: 'DELETE', object: null, oldObject: bad } },
  { what: 'status', request: update('Pod', good, bad, 'status') },
  {
    what: 'scale',
    request: { ...update('Deployment', {}, { spec: { replicas: 3 } }, 'scale'), groupKind: scale },
  },
  {
    what: 'a Pod’s subresource without a PodSpec',
    request: { kind: 'Pod', object: { metadata: { name: 'pay' } }, subresource: 'eviction', groupKind: eviction },
  },
  { what: 'resize', request: update('Pod', bad, bad, 'resize') },
  { what: 'an unknown subresource with a PodSpec', request: update('Pod', bad, good, 'nap'), registry: 2 },
  {
    what: 'an unknown subresource with a bad PodSpec',
    request: update('Pod', good, bad, 'nap'),
    answer: denied,
    registry: 2,
  },
  {
    what: 'ephemeral containers: the new one alone',
    request: update('Pod', bad, make('Pod', ['missing'], nameOfDebugger), 'ephemeralcontainers'),
    registry: 2,
  },
  {
    what: 'a mirror Pod',
    request: create('Pod', ['missing'], {}, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
  },
]

const byController = (kind: string, images: readonly Tag[], more?: RawPodSpec): Request => ({
  ...create(kind, images, more, owned),
  user: controllerUser,
})

const ofControllers: readonly Row[] = [
  { what: 'owned, nothing remembered', request: byController('Pod', ['missing']) },
  { what: 'owned, with a pull secret nobody has read', request: byController('Pod', ['a'], secrets) },
  {
    what: 'owned, remembered as good',
    earlier: create('Deployment', three),
    request: byController('ReplicaSet', three),
  },
  {
    what: 'owned, remembered as bad',
    earlier: create('Deployment', ['missing']),
    request: byController('Pod', ['missing']),
    answer: { as: 'audited', cause: 'tag-absent' },
  },
  {
    what: 'owned, and no image at all',
    request: {
      kind: 'Pod',
      object: objectOf('Pod', podSpec({ containers: [{ name: 'x', image: 'NOT ONE' }] }), owned),
      user: controllerUser,
    },
    answer: { as: 'audited', cause: 'reference-invalid' },
  },
  {
    what: 'sent by a user, whoever owns it',
    request: create('Job', ['missing'], {}, owned),
    answer: denied,
    registry: 2,
    api: 2,
  },
  {
    what: 'sent by a ServiceAccount, owned by nobody',
    request: { ...create('Pod', ['missing']), user: controllerUser },
    answer: denied,
    registry: 2,
  },
]

type Answer = {
  response: {
    allowed: boolean
    status?: { message: string }
    warnings?: string[]
    auditAnnotations?: Record<string, string>
  }
}

const bodyOf = ({ kind, ...sent }: Request, namespace: string, repository: string): string => {
  const { group, versions } = rowFor(kind)
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'e1',
      kind: sent.groupKind ?? { group, version: versions[0], kind },
      operation: sent.operation ?? 'CREATE',
      subResource: sent.subresource ?? '',
      namespace,
      name: 'pay',
      userInfo: sent.user ?? { username: 'ada', groups: ['system:authenticated'] },
      object: sent.object,
      oldObject: sent.oldObject ?? null,
      dryRun: sent.dryRun ?? false,
    },
  }
  return JSON.stringify(review).replaceAll('REPOSITORY', repository)
}

const bodiesOf = (tags: readonly string[], namespace: string): Record<string, { body: string }> =>
  Object.fromEntries(tags.map((tag) => [tag, { body: JSON.stringify({ namespace, tag }) }]))

/** What a row finds in its own namespace, and in its own repository of the same name. */
const furnish = (api: ApiServer, registry: ScriptedRegistry, namespace: string): void => {
  const login = Buffer.from(JSON.stringify({ auths: { [registry.host]: { auth: 'YTpi' } } })).toString('base64')
  for (const name of ['default', 'builder']) api.put(accountPath(namespace, name), { kind: 'ServiceAccount' })
  const type = 'kubernetes.io/dockerconfigjson'
  api.put(secretPath(namespace, 'regcred'), { kind: 'Secret', type, data: { '.dockerconfigjson': login } })
  registry.script.repositories = { [namespace]: bodiesOf(tags, namespace) }
}

/** The hardest that was said, and what. */
const saidBy = ({ response: { allowed, status, warnings, auditAnnotations } }: Answer): Row['answer'] => {
  if (!allowed) return { as: 'denied', cause: status?.message ?? '' }
  if (warnings !== undefined) return { as: 'warned', cause: warnings.join() }
  return auditAnnotations && { as: 'audited', cause: Object.keys(auditAnnotations).join() }
}

const compare = (t: Test, { what, answer }: Row, got: Answer): void => {
  const said = saidBy(got)
  t.equal(said?.as, answer?.as, `${what}: ${said?.cause ?? 'nothing to say'}`)
  if (answer !== undefined) t.match(said?.cause, answer.cause, what)
}

t.test('what each step of an object’s life is answered, and what it costs', async (t) => {
  const registry = await startScriptedRegistry()
  t.teardown(registry.close)
  const api = await startApiServer()
  t.teardown(api.close)
  const pullgate = await startStandalonePullgate({ config, kubeconfig: api.kubeconfig })
  t.teardown(pullgate.stop)
  const dispatcher = new Agent({ connect: { ca: pullgate.authority } })
  t.teardown(() => dispatcher.destroy())

  const send = async (body: string): Promise<Answer> => {
    const url = `${pullgate.url}/validate/enforce?timeout=10s`
    const headers = { 'content-type': 'application/json' }
    const answer = await request(url, { dispatcher, method: 'POST', headers, body })
    return (await answer.body.json()) as Answer
  }

  for (const [index, row] of [...creations, ...updates, ...passages, ...ofControllers].entries()) {
    const namespace = `row-${index}`
    furnish(api, registry, namespace)
    const repository = `${registry.host}/${namespace}`
    if (row.earlier !== undefined) await send(bodyOf(row.earlier, namespace, repository))
    registry.requests.splice(0)
    api.requests.splice(0)
    compare(t, row, await send(bodyOf(row.request, namespace, repository)))
    t.equal(registry.requests.length, row.registry ?? 0, `${row.what}: requests to the registry`)
    t.equal(api.requests.length, row.api ?? 0, `${row.what}: requests to the API server`)
  }
  t.strictSame(registry.unexpected, [])
})
