import t from 'tap'
import { ask, asked, login, openScene } from './setup.ts'

const api = { 'docker-distribution-api-version': 'registry/2.0' }
const path = '/v2/app/manifests/1.0'
const repositories = { app: { '1.0': {} } }
const alice = { username: 'alice', password: 'good-password', pull: ['app'] }
const good = login('alice', 'good-password')
const unintelligible = { kind: 'unanswered', cause: 'answer-unintelligible' }
const page = '<html>Sign in</html>'
const ociError = JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'who are you' }] })
const proxy = { 'www-authenticate': 'Basic realm="corporate proxy"' }

t.test('a challenge is not a sign that a registry spoke', async (t) => {
  const scene = await openScene(t, { faults: { [path]: { kind: 'answer', status: 401, headers: proxy, body: page } } })
  t.match(await ask(scene, `${scene.host}/app:1.0`), unintelligible, 'with nothing to show')
  t.same(asked(scene), [`HEAD ${path}`, `GET ${path}`], 'for one request more')
  scene.registry.requests.length = 0
  t.match(await ask(scene, `${scene.host}/app:1.0`, [good]), unintelligible, 'with a credential')
  t.same(asked(scene), [`HEAD ${path}`, `HEAD ${path} Basic`, `GET ${path}`], 'which is shown once')
  scene.registry.requests.length = 0
  t.match(await ask(scene, `${scene.host}/app:1.0`, [good]), unintelligible, 'also from memory')
  t.same(asked(scene), [`HEAD ${path}`, `GET ${path}`])

  const notFound = await openScene(t, {
    faults: {
      [path]: [
        { kind: 'answer', status: 401, headers: proxy },
        { kind: 'answer', status: 404 },
        { kind: 'answer', status: 404, body: page },
      ],
    },
  })
  t.match(await ask(notFound, `${notFound.host}/app:1.0`, [good]), unintelligible, 'a bare 404 after the challenge')
})

t.test('the sign may be in the header or in the body of a GET', async (t) => {
  const answer = { kind: 'answer' as const, status: 401, headers: { ...proxy }, body: ociError }
  for (const headers of [proxy, { ...proxy, ...api }]) {
    const scene = await openScene(t, { faults: { [path]: { ...answer, headers } } })
    t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'refused', stage: 'anonymous', scheme: 'Basic' })
    t.match(await ask(scene, `${scene.host}/app:1.0`, [good]), { kind: 'refused', stage: 'credential', status: 401 })
    const gets = asked(scene).filter((request) => request.startsWith('GET')).length
    t.equal(gets, headers === proxy ? 2 : 0, 'and the GET is only for those who leave out the header')
  }
})

t.test('the GET for a sign may itself be answered with trouble', async (t) => {
  for (const [status, cause] of [
    [429, 'rate-limited'],
    [503, 'registry-error'],
    [200, 'answer-unintelligible'],
  ] as const) {
    const refusal = { kind: 'answer' as const, status: 404 }
    const scene = await openScene(t, { faults: { [path]: [refusal, { kind: 'answer', status }] } })
    t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'unanswered', cause }, `${status}`)
  }
})

t.test('a refusal that rests on a token server still needs a registry before it', async (t) => {
  const scene = await openScene(t, {})
  const challenge = { 'www-authenticate': `Bearer realm="https://${scene.host}/token"` }
  scene.registry.script.faults = {
    [path]: { kind: 'answer', status: 401, headers: challenge, body: page },
    '/token': { kind: 'answer', status: 403, body: '{}' },
  }
  t.match(await ask(scene, `${scene.host}/app:1.0`), unintelligible)
})

t.test('a token server that refuses says so in JSON', async (t) => {
  const json = { 'content-type': 'application/json' }
  const table = [
    [401, '{"details":"incorrect username or password"}', { kind: 'refused', status: 401 }],
    [403, ociError, { kind: 'refused', status: 403 }],
    [410, '{}', { kind: 'rejected', status: 410 }],
    [401, page, unintelligible],
    [403, '', unintelligible],
    [403, '[]', unintelligible],
    [403, '"no"', unintelligible],
    [403, 'null', unintelligible],
    [410, page, unintelligible],
    [429, page, { kind: 'unanswered', cause: 'rate-limited' }],
  ] as const
  for (const [status, body, outcome] of table) {
    const faults = { '/token': { kind: 'answer' as const, status, headers: json, body } }
    const scene = await openScene(t, { repositories, auth: { kind: 'bearer', accounts: [alice] }, faults })
    t.match(await ask(scene, `${scene.host}/app:1.0`), outcome, `${status} ${body}`)
    t.match(await ask(scene, `${scene.host}/app:1.0`, [good]), outcome, `${status} ${body} to a credential`)
  }
})

t.test('a credential that got a page from the token server is not shown again at once', async (t) => {
  const scene = await openScene(t, {
    repositories: { app: { '1.0': {}, '1.1': {} } },
    auth: { kind: 'bearer', accounts: [alice] },
    faults: { '/token': { kind: 'answer', status: 401, body: page } },
  })
  t.match(await ask(scene, `${scene.host}/app:1.0`, [good]), unintelligible)
  t.match(await ask(scene, `${scene.host}/app:1.1`, [good]), unintelligible)
  const shown = asked(scene).filter((request) => request.includes('/token'))
  t.same(shown, ['POST /token password', 'GET /token Basic'])
})
