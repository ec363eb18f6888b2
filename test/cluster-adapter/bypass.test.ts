import t from 'tap'
import { createBypassPort } from '../../src/cluster/bypass.ts'
import { createClusterClient } from '../../src/cluster/client.ts'
import { accessReviewPath, type Fault, type Json, startApiServer } from '../support/api-server.ts'
import { contextOf } from '../support/ports.ts'

const api = await startApiServer()
t.teardown(async () => api.close())
t.afterEach(() => {
  api.mend()
  api.requests.length = 0
})
const client = createClusterClient({ kubeconfig: api.kubeconfig, deadlineMilliseconds: 500 }, () => undefined)
t.teardown(async () => client.close())
const holdsBypass = createBypassPort(client)
const ada = { username: 'ada', groups: ['on-call'] }
api.grantBypass('ada', 'shop')

t.test('the authorizers of the API server say who holds the verb, namespace by namespace', async (t) => {
  t.strictSame(await holdsBypass(ada, 'shop', contextOf()), { state: 'held' })
  t.strictSame(await holdsBypass(ada, 'till', contextOf()), { state: 'not-held' })
  t.strictSame(await holdsBypass({ ...ada, username: 'bob' }, 'shop', contextOf()), { state: 'not-held' })
  t.equal(api.requests.length, 3, 'nothing is remembered')
})

t.test('all that is known of the user is handed on', async (t) => {
  const user = { ...ada, uid: '42', extra: { 'scopes.example/x': ['read', 'write'] } }
  await holdsBypass(user, 'shop', contextOf())
  const [request] = api.requests
  t.match(request, { method: 'POST', path: accessReviewPath })
  t.match(JSON.parse(request?.body ?? '') as Json, {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: 'ada',
      uid: '42',
      groups: ['on-call'],
      extra: { 'scopes.example/x': ['read', 'write'] },
      resourceAttributes: { namespace: 'shop', verb: 'bypass', group: 'pullgate.dev', resource: 'admissions' },
    },
  })
})

const withStatus =
  (status: unknown): Fault =>
  (response) =>
    void response
      .writeHead(201, { 'content-type': 'application/json' })
      .end(JSON.stringify({ apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec: {}, status }))

t.test('whatever is no clear yes is none', async (t) => {
  const faults: readonly (readonly [Fault, RegExp])[] = [
    ['forbidden', /forbidden/],
    ['unauthorized', /401/],
    ['server-error', /etcdserver/],
    ['foreign-404', /404/],
    ['hang', /did not answer in time/],
    ['reset', /could not be reached/],
    ['garbage', /not JSON/],
    ['null', /something else/],
    ['other-object', /something else/],
    [withStatus({ allowed: 'true' }), /something else/],
    [withStatus({ allowed: false, evaluationError: 'webhook\nauthorizer down' }), /authorizer down/],
  ]
  for (const [fault, why] of faults) {
    api.fail('POST', accessReviewPath, fault, 1)
    const answer = await holdsBypass(ada, 'shop', contextOf())
    t.match(answer, { state: 'unknown', why }, String(fault))
    t.notMatch(JSON.stringify(answer), /\\n/)
  }
  api.fail('POST', accessReviewPath, withStatus({ allowed: false }), 1)
  t.strictSame(await holdsBypass(ada, 'shop', contextOf()), { state: 'not-held' })
})
