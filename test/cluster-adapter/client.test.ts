import { readFile, writeFile } from 'node:fs/promises'
import { inspect } from 'node:util'
import t from 'tap'
import type { ClientOptions } from '../../src/cluster/client.ts'
import { createClusterClient } from '../../src/cluster/client.ts'
import type { PullgateEvent } from '../../src/core/facts.ts'
import { secretPath, startApiServer } from '../support/api-server.ts'

const api = await startApiServer()
t.teardown(async () => api.close())
t.afterEach(() => {
  api.mend()
  api.requests.length = 0
})
const path = secretPath('shop', 'regcred')
api.put(path, { kind: 'Secret', apiVersion: 'v1', type: 'Opaque', data: { password: 'czNjcjN0' } })

const connect = (options: Partial<ClientOptions> = {}, events: PullgateEvent[] = []) => {
  const client = createClusterClient({ kubeconfig: api.kubeconfig, ...options }, (event) => events.push(event))
  t.teardown(async () => client.close())
  return client
}
const client = connect()
const read = async (from = client) =>
  from.ask('secrets', async ({ core }, options) =>
    core.readNamespacedSecret({ namespace: 'shop', name: 'regcred' }, options),
  )

await t.test('an answer, with the identity of the kubeconfig', async (t) => {
  t.match(await read(), { state: 'found', value: { type: 'Opaque', metadata: { name: 'regcred' } } })
  t.equal(api.requests[0]?.authorization, `Bearer ${api.token}`)
  t.equal(client.server, api.url)
})

await t.test('what goes wrong is a value', async (t) => {
  t.match(
    await client.ask('secrets', async ({ core }, options) =>
      core.readNamespacedSecret({ namespace: 'shop', name: 'nope' }, options),
    ),
    { state: 'absent' },
  )
  const expected = {
    forbidden: { state: 'unreadable', why: /secrets is forbidden: User "system:serviceaccount:pullgate-system/ },
    unauthorized: { state: 'unreadable', why: 'the API server answered 401' },
    'server-error': { state: 'unanswered', why: 'etcdserver: request timed out' },
    'foreign-404': { state: 'unanswered', why: 'the API server answered 404' },
    reset: { state: 'unanswered', why: /could not be reached \((UND_ERR_SOCKET|ECONNRESET)\)/ },
    garbage: { state: 'unanswered', why: 'the API server answered with something that is not JSON' },
    huge: { state: 'unanswered', why: 'the API server could not be reached (UND_ERR_RES_EXCEEDED_MAX_SIZE)' },
  } as const
  for (const [fault, answer] of Object.entries(expected)) {
    api.fail('GET', path, fault as keyof typeof expected, 1)
    const got = await read()
    t.match(got, answer, fault)
    t.notMatch(inspect(got), /s3cret|czNj/, 'nothing of an answer shows')
  }
  t.match(await read(), { state: 'found' }, 'all is well again')
})

await t.test('nobody there', async (t) => {
  const gone = await startApiServer()
  const lost = connect({ kubeconfig: gone.kubeconfig })
  await gone.close()
  t.match(await read(lost), { state: 'unanswered', why: /ECONNREFUSED/ })
})

await t.test('a server of another authority is not spoken to', async (t) => {
  const other = await startApiServer()
  t.teardown(async () => other.close())
  const text = await readFile(api.kubeconfig, 'utf8')
  const crossed = `${other.kubeconfig}-crossed`
  await writeFile(crossed, text.replace(api.url, other.url))
  t.match(await read(connect({ kubeconfig: crossed })), {
    state: 'unanswered',
    why: /UNABLE_TO_VERIFY|SIGNATURE|SELF_SIGNED/,
  })
  t.equal(other.requests.length, 0, 'no token was sent')
})

await t.test('a call ends at its deadline, whether the server or the connection hangs', async (t) => {
  api.fail('GET', path, 'hang')
  const events: PullgateEvent[] = []
  const hasty = connect({ deadlineMilliseconds: 50 }, events)
  t.same(await read(hasty), { state: 'unanswered', why: 'the API server did not answer in time' })
  t.match(events, [{ kind: 'cluster-request', resource: 'secrets', code: 'timeout' }])
  api.fail('GET', path, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"kind":')
  })
  t.match(await read(hasty), { state: 'unanswered', why: /in time/ }, 'half an answer')
})

await t.test('a credential plugin that hangs does not outlast the deadline', async (t) => {
  const hasty = connect({ deadlineMilliseconds: 50 })
  const never = hasty.ask('secrets', async () => new Promise(() => undefined))
  t.match(await never, { state: 'unanswered', why: /in time/ })
})

await t.test('every call is observed', async (t) => {
  const events: PullgateEvent[] = []
  const observed = connect({}, events)
  await read(observed)
  api.fail('GET', path, 'forbidden', 1)
  await read(observed)
  t.match(events, [
    { kind: 'cluster-request', resource: 'secrets', code: '200', seconds: Number },
    { kind: 'cluster-request', resource: 'secrets', code: '403', seconds: Number },
  ])
})

await t.test('many calls share few connections', async (t) => {
  const fresh = connect()
  const before = api.connections()
  for (let call = 0; call < 20; call += 1) await read(fresh)
  t.ok(api.connections() - before <= 2, `one after the other: ${api.connections() - before}`)
  await Promise.all(Array.from({ length: 100 }, async () => read(fresh)))
  t.ok(api.connections() - before <= 16, `at once: ${api.connections() - before}`)
})

await t.test('kubeconfigs that lead nowhere', async (t) => {
  const write = async (name: string, text: string) => {
    const file = `${api.kubeconfig}-${name}`
    await writeFile(file, text)
    return file
  }
  t.throws(() => connect({ kubeconfig: `${api.kubeconfig}-none` }), /^Cannot read the kubeconfig .*-none: ENOENT\.$/)
  const broken = await write('broken', 'users:\n- name: a\n  user: {token: s3cr3t\n: [')
  t.throws(() => connect({ kubeconfig: broken }), /it is not YAML/)
  try {
    connect({ kubeconfig: broken })
  } catch (error) {
    t.notMatch(inspect(error), 's3cr3t')
  }
  for (const [name, text] of [
    ['empty', ''],
    ['number', '7'],
    ['list', '[]'],
    ['clusterless', '{"clusters":[],"users":[],"contexts":[]}'],
  ] as const) {
    const kubeconfig = await write(name, text)
    t.throws(() => connect({ kubeconfig }), /it is not a kubeconfig|it is not YAML|leads to no cluster/, name)
  }
  t.throws(
    () => connect({ context: 'prod' }),
    /The context "prod" of the kubeconfig .* leads to no cluster; its contexts: test\./,
  )
})

await t.test('acting as another user', async (t) => {
  const acting = connect({ as: 'jane' })
  t.match(await read(acting), { state: 'found' })
  t.equal(api.requests.at(-1)?.impersonated, 'jane')
})
