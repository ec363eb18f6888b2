import { inspect } from 'node:util'
import t from 'tap'
import { ask, asked, login, openPullgate, openScene, probe, startRegistry, tls, untrustedTls } from './setup.ts'

const repositories = { app: { '1.0': {} } }
const alice = { username: 'alice', password: 'good-password', pull: ['app'] }
const credential = login('alice', 'good-password')
const tokenAnswer = { kind: 'answer' as const, status: 200, body: '{"token":"for-nobody"}' }

t.test('a foreign token server never sees a credential', async (t) => {
  const foreign = await startRegistry(t, { tls, faults: { '/token': tokenAnswer } })
  const realm = `https://elsewhere.example:${foreign.port}/token`
  const scene = await openScene(t, { repositories, auth: { kind: 'bearer', accounts: [alice], realm } })
  const outcome = await ask(scene, `${scene.host}/app:1.0`, [credential])
  t.match(outcome, { kind: 'unanswered', cause: 'address-denied' })
  t.same(foreign.requests, [], 'nor an anonymous question in its stead')
})

t.test('unless it is of the same domain, or the operator allows it', async (t) => {
  const shared = { kind: 'bearer' as const, accounts: [alice] }
  const server = await startRegistry(t, { tls, auth: shared })
  const near = await openScene(t, {
    repositories,
    auth: { ...shared, realm: `https://auth.registry.test:${server.port}/token` },
  })
  t.match(await ask(near, `${near.host}/app:1.0`, [credential]), { kind: 'found' })
  const realms = [{ domain: 'registry.test', host: 'elsewhere.example' }]
  const far = await openScene(
    t,
    { repositories, auth: { ...shared, realm: `https://elsewhere.example:${server.port}/token` } },
    { realms },
  )
  t.match(await ask(far, `${far.host}/app:1.0`, [credential]), { kind: 'found' })
})

t.test('a realm over plain http is not asked', async (t) => {
  const plain = await startRegistry(t, { faults: { '/token': tokenAnswer } })
  const scene = await openScene(t, {
    repositories,
    auth: { kind: 'bearer', accounts: [alice], realm: `http://registry.test:${plain.port}/token` },
  })
  for (const credentials of [[], [credential]]) {
    const outcome = await ask(scene, `${scene.host}/app:1.0`, credentials)
    t.match(outcome, { kind: 'unanswered', cause: 'address-denied' })
  }
  t.same(plain.requests, [])
})

t.test('a redirect takes the request along, but Authorization only within an origin', async (t) => {
  const elsewhere = await startRegistry(t, { tls, repositories })
  const path = '/v2/app/manifests/1.0'
  const scene = await openScene(t, { repositories, auth: { kind: 'basic', accounts: [alice] } })
  const redirectAfterLogin = (to: string) => [
    { kind: 'answer' as const, status: 401, headers: { 'www-authenticate': 'Basic realm="r"' } },
    { kind: 'redirect' as const, to },
  ]
  scene.registry.script.faults = { [path]: redirectAfterLogin(`https://elsewhere.example:${elsewhere.port}${path}`) }
  t.match(await ask(scene, `${scene.host}/app:1.0`, [credential]), { kind: 'found' })
  t.match(elsewhere.requests, [{ method: 'HEAD', path, scheme: undefined }], 'dropped on the way')

  scene.registry.script.faults = { '/v2/app/manifests/2.0': redirectAfterLogin(path) }
  t.match(await ask(scene, `${scene.host}/app:2.0`, [credential]), { kind: 'found' })
  t.equal(asked(scene).filter((request) => request === `HEAD ${path} Basic`).length, 2, 'kept at home')
})

t.test('only localhost itself is excused from a certificate', async (t) => {
  const local = await startRegistry(t, { tls: untrustedTls, auth: { kind: 'bearer', accounts: [alice] } })
  const foreign = await startRegistry(t, { tls: untrustedTls, repositories, faults: { '/token': tokenAnswer } })
  const elsewhere = `https://registry.test:${foreign.port}`
  local.script.auth = { kind: 'bearer', accounts: [alice], realm: `${elsewhere}/token` }
  const pullgate = openPullgate(t, { realms: [{ domain: 'localhost', host: 'registry.test' }] })
  const image = `localhost:${local.port}/app:1.0`
  for (const credentials of [[], [credential]]) {
    const outcome = await ask({ pullgate }, image, credentials)
    t.match(outcome, { kind: 'unanswered', cause: 'tls-untrusted' }, 'a token server on another host')
  }
  local.script.faults = { '/v2/app/manifests/1.0': { kind: 'redirect', to: `${elsewhere}/v2/app/manifests/1.0` } }
  t.match(await ask({ pullgate }, image), { kind: 'unanswered', cause: 'tls-untrusted' }, 'a redirect to another host')
  t.same(foreign.requests, [], 'which is told nothing')
})

t.test('a host behind a redirect that wants credentials gets none', async (t) => {
  for (const status of [401, 403]) {
    const headers = { 'www-authenticate': 'Basic realm="r"', 'docker-distribution-api-version': 'registry/2.0' }
    const path = '/v2/app/manifests/1.0'
    const elsewhere = await startRegistry(t, { tls, faults: { [path]: { kind: 'answer', status, headers } } })
    const to = `https://elsewhere.example:${elsewhere.port}${path}`
    const scene = await openScene(t, { faults: { [path]: { kind: 'redirect', to } } })
    for (const credentials of [[], [credential]]) {
      const outcome = await ask(scene, `${scene.host}/app:1.0`, credentials)
      t.match(outcome, { kind: 'unanswered', cause: 'address-denied' }, `${status}`)
    }
    t.notOk(elsewhere.requests.some(({ scheme }) => scheme !== undefined))
  }
})

t.test('redirects that lead nowhere good', async (t) => {
  const table = [
    ['http://registry.test/', 'address-denied'],
    ['https://169.254.169.254/latest', 'address-denied'],
    ['file:///etc/passwd', 'address-denied'],
    ['https://user:password@registry.test/', 'answer-unintelligible'],
    ['https://', 'answer-unintelligible'],
    ['/v2/app/manifests/1.0', 'answer-unintelligible'],
  ] as const
  for (const [to, cause] of table) {
    const scene = await openScene(t, { faults: { '/v2/app/manifests/1.0': { kind: 'redirect', to } } })
    t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'unanswered', cause }, to)
    t.ok(scene.registry.requests.length <= 11)
  }
})

t.test('a Docker Hub credential stays on Docker Hub', async (t) => {
  const scene = await openScene(t, { repositories })
  const outcome = await ask(scene, `${scene.host}/app:1.0`, [login('alice', 'good-password', true)])
  t.match(outcome, { kind: 'unanswered', cause: 'address-denied' })
  t.same(scene.registry.requests, [])
})

t.test('nothing secret is in an answer, in a request as shown or in an event', async (t) => {
  const scene = await openScene(t, { repositories, auth: { kind: 'bearer', accounts: [alice] } })
  const echo = `you sent good-password and ${encodeURIComponent('good-password')}`
  const body = JSON.stringify({ errors: [{ code: 'DENIED', message: echo }] })
  scene.registry.script.faults = { 'POST /token': [{ kind: 'answer', status: 403, body }] }
  const refused = await probe(scene, `${scene.host}/app:1.0`, [credential])
  t.match(refused.attempts[0]?.outcome, { kind: 'refused', stage: 'credential', detail: /^DENIED: you sent/ })
  const found = await probe(scene, `${scene.host}/app@${'sha256:'.padEnd(71, '0')}`, [login('alice', 'good-password')])
  const shown = inspect([refused, found, scene.events], { depth: 20 }) + JSON.stringify([refused, found, scene.events])
  t.notMatch(shown, /good-password|Bearer ey|service=/)
})
