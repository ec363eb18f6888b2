import { inspect } from 'node:util'
import t from 'tap'
import { createClusterClient } from '../../src/cluster/client.ts'
import type { CredentialsOptions } from '../../src/cluster/pull-secrets.ts'
import { createCredentialsPort } from '../../src/cluster/pull-secrets.ts'
import type { Context, PullCredentials, PullgateEvent } from '../../src/core/facts.ts'
import { lookup } from '../../src/core/keyring.ts'
import type { Workload } from '../../src/core/workload.ts'
import type { Json } from '../support/api-server.ts'
import { accountPath, secretPath, startApiServer } from '../support/api-server.ts'

const api = await startApiServer()
t.teardown(async () => api.close())
t.afterEach(() => {
  api.mend()
  api.requests.length = 0
})
const client = createClusterClient({ kubeconfig: api.kubeconfig, deadlineMilliseconds: 20_000 }, () => undefined)
t.teardown(async () => client.close())

const base64 = (text: string) => Buffer.from(text).toString('base64')
const pullSecret = (registry: string, password = 's3cr3t'): Json => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': base64(JSON.stringify({ auths: { [registry]: { username: 'jane', password } } })) },
})
const putSecret = (name: string, secret: Json) => {
  api.put(secretPath('shop', name), secret)
}
const putAccount = (name: string, pullSecrets: readonly unknown[]) => {
  api.put(accountPath('shop', name), { apiVersion: 'v1', kind: 'ServiceAccount', imagePullSecrets: pullSecrets })
}
putSecret('one', pullSecret('one.example'))
putSecret('two', pullSecret('two.example'))

const workload = (names: readonly string[], more: Partial<Workload> = {}): Workload => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  namespace: 'shop',
  name: 'pay',
  isTemplate: true,
  serviceAccount: 'default',
  serviceAccountPath: 'spec.serviceAccountName',
  platformSelector: '',
  pullSecrets: names.map((name, index) => ({ name, fieldPath: `spec.imagePullSecrets[${index}].name` })),
  namesPullSecrets: names.length > 0,
  images: [],
  ...more,
})
const context = (more: Partial<Context> = {}): Context => ({
  signal: new AbortController().signal,
  perImageMilliseconds: 1000,
  lane: 'admission',
  reach: 'world',
  unremembered: 'passed-over',
  fresh: false,
  trace: false,
  ...more,
})
const openPort = (more: Partial<CredentialsOptions> = {}) => {
  const events: PullgateEvent[] = []
  const clock = { time: 1000, now: () => clock.time }
  const options = { secretMilliseconds: 5000, maxEntries: 100, clock, ...more }
  return { port: createCredentialsPort(client, options, (event) => events.push(event)), events, clock }
}
const found = (credentials: PullCredentials | undefined): PullCredentials => {
  if (credentials === undefined) throw new Error('nothing was remembered')
  return credentials
}
const paths = () => api.requests.map(({ method, path }) => `${method} ${path}`)
const gate = () => {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { open, opened }
}
/** Keeps requests waiting until they are let go; `arrived` resolves when one waits. */
const hold = (path: string) => {
  const arrival = gate()
  const release = gate()
  api.before('GET', path, async () => {
    arrival.open()
    await release.opened
  })
  return { arrived: arrival.opened, release: release.open }
}

await t.test('a workload’s own pull secrets, by name and nothing else', async (t) => {
  const { port } = openPort()
  const credentials = found(await port(workload(['two', 'one']), context()))
  t.match(credentials, {
    secrets: [
      { name: 'two', fieldPath: 'spec.imagePullSecrets[0].name', state: 'usable', keys: ['two.example'] },
      { name: 'one', fieldPath: 'spec.imagePullSecrets[1].name', state: 'usable', keys: ['one.example'] },
    ],
    serviceAccount: { name: 'default', state: 'unused' },
  })
  const [credential] = lookup(credentials.keyring, 'two.example/team/app')
  t.equal(credential?.label, 'secret/shop/two')
  t.same(credential?.reveal(), { username: 'jane', password: 's3cr3t' })
  t.same(paths().sort(), [`GET ${secretPath('shop', 'one')}`, `GET ${secretPath('shop', 'two')}`])
})

await t.test('a secret named twice is read once and has its first place', async (t) => {
  const { port } = openPort()
  const credentials = found(await port(workload(['two', 'one', 'two']), context()))
  t.same(
    credentials.secrets.map(({ name, fieldPath }) => [name, fieldPath]),
    [
      ['two', 'spec.imagePullSecrets[0].name'],
      ['one', 'spec.imagePullSecrets[1].name'],
    ],
  )
  t.equal(api.requests.length, 2)
})

await t.test('a template that names none gets those of its service account', async (t) => {
  const { port } = openPort()
  putAccount('builder', [{ name: 'one' }, { name: '' }, {}, { name: 'nope' }])
  const credentials = found(await port(workload([], { serviceAccount: 'builder' }), context()))
  t.match(credentials, {
    serviceAccount: { name: 'builder', state: 'read' },
    secrets: [
      { name: 'one', fieldPath: 'ServiceAccount/builder imagePullSecrets[0].name', state: 'usable' },
      { name: 'nope', fieldPath: 'ServiceAccount/builder imagePullSecrets[3].name', state: 'absent' },
    ],
  })
  t.equal(lookup(credentials.keyring, 'one.example/app').length, 1)
})

await t.test('the service account is not asked about', async (t) => {
  const { port } = openPort()
  const cases = { 'a Pod': { isTemplate: false }, 'a list of empty names': { namesPullSecrets: true } }
  for (const [what, more] of Object.entries(cases)) {
    t.match(
      found(await port(workload([], more), context())),
      { serviceAccount: { state: 'unused' }, secrets: [] },
      what,
    )
  }
  t.equal(api.requests.length, 0)
})

await t.test('a service account that is not there, or not for us, or not answered for', async (t) => {
  const { port } = openPort()
  const ask = async (serviceAccount: string) =>
    found(await port(workload([], { serviceAccount }), context())).serviceAccount
  t.same(await ask('ghost'), { name: 'ghost', state: 'absent' })
  api.fail('GET', accountPath('shop', 'secretive'), 'forbidden')
  t.same(await ask('secretive'), { name: 'secretive', state: 'unreadable' })
  api.fail('GET', accountPath('shop', 'slow'), 'server-error')
  t.match(await ask('slow'), { name: 'slow', state: 'unverified', why: /etcdserver/ })
  for (const fault of ['null', 'other-object'] as const) {
    api.fail('GET', accountPath('shop', 'odd'), fault)
    t.match(await ask('odd'), { state: 'unverified', why: /something else/ }, fault)
  }
})

await t.test('every state of a secret', async (t) => {
  const { port } = openPort()
  putSecret('opaque', { ...pullSecret('x.example'), type: 'Opaque' })
  putSecret('broken', {
    ...pullSecret('x'),
    data: { '.dockerconfigjson': base64('{"auths":{"x":{"auth":"s3cr3t"}}}') },
  })
  putSecret('typeless', { apiVersion: 'v1', kind: 'Secret', data: { a: 7 } })
  const faults = {
    refused: 'forbidden',
    lost: 'reset',
    garbled: 'garbage',
    other: 'other-object',
    nothing: 'null',
  } as const
  for (const [name, fault] of Object.entries(faults)) api.fail('GET', secretPath('shop', name), fault)
  const credentials = found(
    await port(workload(['opaque', 'broken', 'typeless', 'none', ...Object.keys(faults)]), context()),
  )
  t.match(credentials.secrets, [
    { name: 'opaque', state: 'ignored', type: 'Opaque' },
    { name: 'broken', state: 'malformed', where: /dockerconfigjson/, why: String },
    { name: 'typeless', state: 'ignored', type: '' },
    { name: 'none', state: 'absent' },
    { name: 'refused', state: 'unreadable' },
    { name: 'lost', state: 'unverified', why: /could not be reached/ },
    { name: 'garbled', state: 'unverified', why: /not JSON/ },
    { name: 'other', state: 'unverified', why: /something else/ },
    { name: 'nothing', state: 'unverified', why: String },
  ])
  t.notMatch(JSON.stringify(credentials), /s3cr3t/)
  t.notMatch(inspect(credentials, { depth: 20, showHidden: true }), /s3cr3t/)
})

await t.test('names that no object can have are never part of a URL', async (t) => {
  const { port } = openPort()
  const names = ['..', '.', '../../kube-system/secrets/root', 'a b', 'Upper', '%2e%2e', 'x'.repeat(254)]
  const credentials = found(await port(workload(names), context()))
  t.same(new Set(credentials.secrets.map(({ state }) => state)), new Set(['absent']))
  t.match(found(await port(workload([], { serviceAccount: '..' }), context())), { serviceAccount: { state: 'absent' } })
  const nowhere = found(await port(workload(['one'], { namespace: '..' }), context()))
  t.match(nowhere.secrets, [{ state: 'unverified', why: /namespace/ }], 'proves nothing about the secret')
  t.equal(api.requests.length, 0)
})

await t.test('a list of thousands does not become thousands of questions', async (t) => {
  const { port } = openPort({ maxEntries: 1000 })
  const names = Array.from({ length: 3000 }, (_, index) => `s${index}`)
  const credentials = found(await port(workload(names), context()))
  t.equal(api.requests.length, 64)
  t.equal(credentials.secrets.length, 3000)
  t.match(credentials.secrets.at(-1), { state: 'unverified', why: /no more than 64/ })
})

await t.test('a mebibyte of junk does no harm', async (t) => {
  const { port } = openPort()
  const junk = 'j'.repeat(1024 * 1024)
  putSecret('junk', { ...pullSecret('x'), data: { '.dockerconfigjson': base64(junk), other: base64(junk) } })
  putSecret('junk-opaque', { ...pullSecret('x'), type: junk, data: { a: base64(junk) } })
  const { secrets } = found(await port(workload(['junk', 'junk-opaque']), context()))
  t.match(secrets, [{ state: 'malformed' }, { state: 'ignored' }])
  t.ok(JSON.stringify(secrets).length < 1000)
})

await t.test('an answer serves again for a few seconds', async (t) => {
  const { port, clock, events } = openPort()
  await port(workload(['one']), context())
  clock.time += 4999
  await port(workload(['one']), context())
  t.equal(api.requests.length, 1)
  clock.time += 2
  await port(workload(['one']), context())
  t.equal(api.requests.length, 2)
  t.same(
    events.map((event) => (event.kind === 'cache' ? `${event.cache} ${event.outcome}` : '')),
    ['secret miss', 'secret hit', 'secret miss'],
  )
})

await t.test('a memory of no time remembers nothing', async (t) => {
  const { port } = openPort({ secretMilliseconds: 0 })
  await port(workload(['one']), context())
  await port(workload(['one']), context())
  t.equal(api.requests.length, 2)
})

await t.test('the memory is bounded', async (t) => {
  const { port } = openPort({ maxEntries: 1 })
  await port(workload(['one']), context())
  await port(workload(['two']), context())
  t.equal(await port(workload(['one']), context({ reach: 'memory' })), undefined)
  t.ok(await port(workload(['two']), context({ reach: 'memory' })))
})

await t.test('silence is not remembered, absence and refusal are', async (t) => {
  const { port } = openPort()
  const state = async () => found(await port(workload(['late']), context())).secrets[0]?.state
  api.fail('GET', secretPath('shop', 'late'), 'server-error', 1)
  t.equal(await state(), 'unverified')
  t.equal(await state(), 'absent')
  putSecret('late', pullSecret('late.example'))
  t.equal(await state(), 'absent')
  t.equal(api.requests.length, 2)
})

await t.test('fresh: neither from memory nor from a question under way', async (t) => {
  const { port } = openPort()
  const path = secretPath('shop', 'new')
  const state = async (more: Partial<Context> = {}) =>
    found(await port(workload(['new']), context(more))).secrets[0]?.state
  t.equal(await state(), 'absent')
  putSecret('new', pullSecret('new.example'))
  t.equal(await state(), 'absent')
  t.equal(await state({ fresh: true }), 'usable')
  t.equal(await state(), 'usable', 'and the fresh answer is what is remembered')

  api.remove(path)
  const slow = openPort()
  const held = hold(path)
  const before = slow.port(workload(['new']), context())
  await held.arrived
  api.mend()
  putSecret('new', pullSecret('new.example'))
  const after = await slow.port(workload(['new']), context({ fresh: true }))
  t.equal(found(after).secrets[0]?.state, 'usable')
  api.remove(path)
  held.release()
  t.equal(found(await before).secrets[0]?.state, 'absent', 'the older answer comes late')
  t.equal(
    found(await slow.port(workload(['new']), context({ reach: 'memory' }))).secrets[0]?.state,
    'usable',
    'and does not replace the newer one',
  )
})

await t.test('equal questions at once are one', async (t) => {
  const { port, events } = openPort()
  const answers = await Promise.all(Array.from({ length: 50 }, async () => port(workload(['one']), context())))
  t.equal(api.requests.length, 1)
  t.ok(answers.every((answer) => answer?.secrets[0]?.state === 'usable'))
  t.equal(events.filter((event) => event.kind === 'cache' && event.outcome === 'joined').length, 49)
})

await t.test('a caller who leaves ends its own waiting only', async (t) => {
  const { port } = openPort()
  const held = hold(secretPath('shop', 'one'))
  const leaving = new AbortController()
  const first = port(workload(['one']), context({ signal: leaving.signal }))
  const second = port(workload(['one']), context())
  await held.arrived
  leaving.abort()
  t.match(found(await first).secrets, [{ name: 'one', state: 'unverified', why: /before this answer was due/ }])
  t.match(
    found(await port(workload(['one']), context({ signal: leaving.signal }))).secrets,
    [{ state: 'unverified' }],
    'nor does one who has left already wait',
  )
  held.release()
  t.equal(found(await second).secrets[0]?.state, 'usable')
  t.equal(api.requests.length, 1)
})

await t.test('an abort while the service account is asked for', async (t) => {
  const { port } = openPort()
  const held = hold(accountPath('shop', 'default'))
  const leaving = new AbortController()
  const answer = port(workload([]), context({ signal: leaving.signal }))
  await held.arrived
  leaving.abort()
  t.match(found(await answer), { serviceAccount: { state: 'unverified', why: String }, secrets: [] })
  held.release()
})

await t.test('from memory only', async (t) => {
  const { port } = openPort()
  putAccount('default', [{ name: 'one' }])
  const fromMemory = context({ reach: 'memory' })
  t.equal(await port(workload(['one']), fromMemory), undefined)
  t.equal(await port(workload([]), fromMemory), undefined)
  t.match(await port(workload([], { isTemplate: false }), fromMemory), { secrets: [] }, 'nothing to remember')
  t.equal(api.requests.length, 0)
  await port(workload([]), context())
  t.match(await port(workload([]), fromMemory), { serviceAccount: { state: 'read' }, secrets: [{ state: 'usable' }] })
  t.equal(await port(workload(['one', 'two']), fromMemory), undefined, 'one of two is not enough')
  t.equal(api.requests.length, 2)
})
