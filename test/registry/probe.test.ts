import t from 'tap'
import { digestOfTag, ociManifest } from '../support/scripted-registry.ts'
import { ask, asked, login, openPullgate, openScene, probe, startRegistry, tls, untrustedTls } from './setup.ts'

const api = { 'docker-distribution-api-version': 'registry/2.0' }
const digest = digestOfTag('1.0')
const gone = `sha256:${'0'.repeat(64)}`
const repositories = { app: { '1.0': {} } }
const alice = { username: 'alice', password: 'good-password', pull: ['app'] }
const bearer = { kind: 'bearer' as const, accounts: [alice] }
const basic = { kind: 'basic' as const, accounts: [alice] }

t.test('an open registry is asked for the tag and once for its digest', async (t) => {
  const scene = await openScene(t, { repositories })
  t.same(await ask(scene, `${scene.host}/app:1.0`), { kind: 'found', digest, mediaType: ociManifest })
  t.same(asked(scene), ['HEAD /v2/app/manifests/1.0', `HEAD /v2/app/manifests/${digest}`])
  t.equal(
    scene.registry.requests[0]?.accept,
    'application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*',
    "containerd's list in containerd's order",
  )
  await ask(scene, `${scene.host}/app:1.0`)
  t.equal(scene.registry.requests.length, 2, 'a warm question costs nothing')
  t.same(await ask(scene, `${scene.host}/app@${digest}`), { kind: 'found', digest, mediaType: ociManifest })
  t.equal(scene.registry.requests.length, 3, 'a digest costs one request')
})

t.test('a token costs two requests more', async (t) => {
  const scene = await openScene(t, { repositories, auth: bearer })
  t.match(await ask(scene, `${scene.host}/app:1.0`, [login('alice', 'good-password')]), { kind: 'found', digest })
  t.same(asked(scene), [
    'HEAD /v2/app/manifests/1.0',
    'POST /token password',
    'HEAD /v2/app/manifests/1.0 Bearer',
    `HEAD /v2/app/manifests/${digest} Bearer`,
  ])
})

t.test('what is not there is absent', async (t) => {
  const scene = await openScene(t, { repositories: { app: { '1.0': {}, old: { isGone: true } } } })
  t.same(await ask(scene, `${scene.host}/app:2.0`), { kind: 'absent', what: 'tag', suggestions: [] })
  t.same(await ask(scene, `${scene.host}/app@${gone}`), { kind: 'absent', what: 'digest', suggestions: [] })
  t.match(
    await ask(scene, `${scene.host}/app:old`),
    { kind: 'absent', what: 'digest', digest: digestOfTag('old'), repositorySeen: true },
    'a tag whose digest is gone',
  )
})

t.test('one more question tells the repository from the tag and finds near tags', async (t) => {
  const scene = await openScene(
    t,
    { repositories: { app: { 'v2.1.2': {}, 'v2.0.0': {}, latest: {} } } },
    { suggestTags: true },
  )
  t.same(await ask(scene, `${scene.host}/app:v2.1.3`), {
    kind: 'absent',
    what: 'tag',
    suggestions: ['v2.1.2', 'v2.0.0'],
    repositorySeen: true,
  })
  t.same(await ask(scene, `${scene.host}/ap:v2.1.3`), { kind: 'absent', what: 'repository', suggestions: [] })
  t.equal(scene.registry.requests.length, 4)
  const failures = [
    { kind: 'answer', status: 500 },
    { kind: 'answer', status: 401 },
    { kind: 'answer', status: 404 },
    { kind: 'answer', status: 200, body: 'garbage' },
    { kind: 'answer', status: 200, body: '{"name":"app","tags":[]}' },
    { kind: 'answer', status: 200, body: '{"name":"app","tags":null}' },
    { kind: 'reset' },
    { kind: 'flood', bytes: 2_000_000 },
  ] as const
  for (const [number, fault] of failures.entries()) {
    scene.registry.script.faults = { '/v2/app/tags/list': fault }
    const outcome = await ask(scene, `${scene.host}/app:nope${number}`)
    t.same(
      outcome,
      { kind: 'absent', what: 'tag', suggestions: [] },
      `and changes nothing when it fails: ${fault.kind}`,
    )
  }
  scene.registry.script.faults = { '/v2/app/tags/list': { kind: 'hang', at: 'headers' } }
  const outcome = await ask(scene, `${scene.host}/app:nope`, [], { perImageMilliseconds: 800 })
  t.same(outcome, { kind: 'absent', what: 'tag', suggestions: [] }, 'nor when it hangs')
})

t.test('refused with nothing to show is the stage anonymous', async (t) => {
  for (const auth of [basic, bearer, { ...bearer, anonymousStatus: 401 }, { ...bearer, anonymousStatus: 403 }]) {
    const scene = await openScene(t, { repositories, auth })
    t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'refused', stage: 'anonymous' }, JSON.stringify(auth))
    t.notOk(scene.registry.requests.some(({ account }) => account === 'alice'))
  }
  const scene = await openScene(t, {
    faults: { '/v2/app/manifests/1.0': { kind: 'answer', status: 403, headers: api } },
  })
  t.same(await ask(scene, `${scene.host}/app:1.0`), { kind: 'refused', stage: 'anonymous', status: 403 })
})

t.test('a wrong credential is the stage credential', async (t) => {
  for (const auth of [basic, bearer]) {
    const scene = await openScene(t, { repositories, auth })
    const outcome = await ask(scene, `${scene.host}/app:1.0`, [login('alice', 'bad-password')])
    t.match(outcome, { kind: 'refused', stage: 'credential', status: 401 }, auth.kind)
  }
  const scene = await openScene(t, { repositories, auth: { ...bearer, postStatus: 403 } })
  const outcome = await ask(scene, `${scene.host}/app:1.0`, [login('alice', 'good-password')])
  t.match(outcome, { kind: 'refused', stage: 'credential', status: 403 })
  t.notOk(asked(scene).includes('GET /token Basic'), 'a POST refused with 403 is final')
})

t.test('a POST that is not known is followed by a GET', async (t) => {
  for (const postStatus of [400, 401, 404, 405]) {
    const scene = await openScene(t, { repositories, auth: { ...bearer, postStatus } })
    t.match(
      await ask(scene, `${scene.host}/app:1.0`, [login('alice', 'good-password')]),
      { kind: 'found' },
      `${postStatus}`,
    )
    t.ok(asked(scene).includes('GET /token Basic'))
  }
})

t.test('a credential without the right to pull is the stage access', async (t) => {
  const scene = await openScene(t, { repositories: { other: { '1.0': {} }, ...repositories }, auth: bearer })
  t.match(await ask(scene, `${scene.host}/other:1.0`, [login('alice', 'good-password')]), {
    kind: 'refused',
    stage: 'access',
    detail: 'insufficient_scope',
  })
  scene.registry.script.auth = basic
  scene.registry.script.faults = {
    'HEAD /v2/app/manifests/1.0': [
      { kind: 'answer', status: 401, headers: { ...api, 'www-authenticate': 'Basic realm="r"' } },
      { kind: 'answer', status: 403 },
    ],
  }
  const outcome = await ask(scene, `${scene.host}/app:1.0`, [login('alice', 'good-password')])
  t.same(outcome, { kind: 'refused', stage: 'access', status: 403 }, 'as ECR says of an expired password')
})

t.test('an empty credential holds an anonymous conversation, and is still a credential', async (t) => {
  for (const empty of [login('', 'password'), login('alice', '')]) {
    const scene = await openScene(t, { repositories, auth: { ...bearer, publicRepositories: ['app'] } })
    t.match(await ask(scene, `${scene.host}/app:1.0`, [empty]), { kind: 'found' })
    t.ok(asked(scene).includes('GET /token'), 'its token is anonymous')
    scene.registry.script.auth = basic
    const outcome = await ask(scene, `${scene.host}/private:1.0`, [empty])
    t.match(outcome, { kind: 'refused', stage: 'credential', status: 401, scheme: 'Basic' })
  }
})

t.test('a refusal or a 404 counts only where a registry speaks', async (t) => {
  for (const status of [403, 404, 400]) {
    const faults = { '/v2/app/manifests/1.0': { kind: 'answer' as const, status, body: '<html>' } }
    const scene = await openScene(t, { faults })
    const outcome = await ask(scene, `${scene.host}/app:1.0`)
    t.match(outcome, { kind: 'unanswered', cause: 'answer-unintelligible' }, `${status} of a web server`)
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message: 'see https://x.test/a?sig=secret\u001b[31m' }] })
    faults['/v2/app/manifests/1.0'].body = body
    const kind = { 403: 'refused', 404: 'absent', 400: 'rejected' }[status]
    const certain = await ask(scene, `${scene.host}/app:1.0`)
    t.match(certain, { kind }, `${status} with an OCI error in the GET that follows`)
    if (status === 403) t.match(certain, { detail: 'DENIED: see https://x.test/a' }, 'in words that give nothing away')
  }
  const scene = await openScene(t, { faults: { '/v2/app/manifests/1.0': { kind: 'answer', status: 401 } } })
  t.match(await ask(scene, `${scene.host}/app:1.0`), { cause: 'answer-unintelligible' }, '401 without a challenge')
})

t.test('other statuses', async (t) => {
  const table = [
    [400, { kind: 'rejected', status: 400 }],
    [405, { kind: 'rejected', status: 405 }],
    [410, { kind: 'rejected', status: 410 }],
    [451, { kind: 'rejected', status: 451 }],
    [304, { kind: 'unanswered', cause: 'answer-unintelligible' }],
    [408, { kind: 'unanswered', cause: 'registry-timeout' }],
    [429, { kind: 'unanswered', cause: 'rate-limited' }],
    [500, { kind: 'unanswered', cause: 'registry-error' }],
    [502, { kind: 'unanswered', cause: 'registry-error' }],
    [503, { kind: 'unanswered', cause: 'registry-error' }],
  ] as const
  for (const [status, outcome] of table) {
    const scene = await openScene(t, { faults: { '/v2/app/manifests/1.0': { kind: 'answer', status, headers: api } } })
    t.match(await ask(scene, `${scene.host}/app:1.0`), outcome, `${status}`)
    t.equal(scene.registry.requests.length, status === 405 ? 2 : 1, 'and is not repeated')
  }
})

t.test('the token server has the same unknowns', async (t) => {
  const table = [
    [{ kind: 'answer', status: 429 }, 'rate-limited'],
    [{ kind: 'answer', status: 503 }, 'registry-error'],
    [{ kind: 'answer', status: 200, body: '{}' }, 'answer-unintelligible'],
    [{ kind: 'answer', status: 200, body: '{"access_token":"a\\nb"}' }, 'answer-unintelligible'],
    [{ kind: 'answer', status: 200, body: '{"access_token":"a","expires_in":"1"}' }, 'answer-unintelligible'],
    [{ kind: 'flood', bytes: 70_000 }, 'answer-unintelligible'],
    [{ kind: 'redirect', to: 'https://elsewhere.example/token' }, 'address-denied'],
  ] as const
  for (const [fault, cause] of table) {
    const scene = await openScene(t, { repositories, auth: bearer, faults: { 'POST /token': fault } })
    const outcome = await ask(scene, `${scene.host}/app:1.0`, [login('alice', 'good-password')])
    t.match(outcome, { kind: 'unanswered', cause }, JSON.stringify(fault))
  }
})

t.test('HEAD answered 405 is asked again as GET', async (t) => {
  const refusal = { kind: 'answer' as const, status: 405 }
  const scene = await openScene(t, {
    repositories,
    faults: { 'HEAD /v2/app/manifests/1.0': refusal, [`HEAD /v2/app/manifests/${digest}`]: refusal },
  })
  t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'found', digest })
})

t.test('a digest or a length that is missing is computed', async (t) => {
  const repositories = {
    app: {
      a: { headers: { 'docker-content-digest': undefined } },
      b: { headers: { 'content-length': undefined } },
    },
  }
  const scene = await openScene(t, { repositories })
  t.match(await ask(scene, `${scene.host}/app:a`), { kind: 'found', digest: digestOfTag('a') })
  t.match(await ask(scene, `${scene.host}/app:b`), { kind: 'found', digest: digestOfTag('b') })
  t.match(await ask(scene, `${scene.host}/app@${digestOfTag('a')}`), { kind: 'found', digest: digestOfTag('a') })
})

t.test('what is found and cannot be run', async (t) => {
  const type = (mediaType: string) => ({ mediaType })
  const table = [
    [
      type('application/vnd.docker.distribution.manifest.v1+prettyjws'),
      { kind: 'unsupported', detail: 'a schema 1 manifest' },
    ],
    [type('text/plain; charset=utf-8'), { kind: 'unsupported', detail: 'a schema 1 manifest' }],
    [type('application/json'), { kind: 'unsupported' }],
    [type('text/html'), { kind: 'unanswered', cause: 'answer-unintelligible' }],
    [{ body: ' '.repeat(4_393_217) }, { kind: 'unsupported' }],
    [{ headers: { 'docker-content-digest': 'sha256:abc' } }, { kind: 'unanswered', cause: 'answer-unintelligible' }],
    [{ body: ' '.repeat(4_393_217), headers: { 'content-length': undefined } }, { kind: 'unsupported' }],
    [{ body: '' }, { kind: 'unsupported', detail: 'an empty manifest' }],
  ] as const
  for (const [manifest, outcome] of table) {
    const scene = await openScene(t, { repositories: { app: { x: manifest } } })
    t.match(await ask(scene, `${scene.host}/app:x`), outcome, JSON.stringify(manifest).slice(0, 80))
  }
  const scene = await openScene(t, {
    faults: { '/v2/app/manifests/x': { kind: 'flood', bytes: 8_000_000, headers: { 'content-type': ociManifest } } },
  })
  t.match(await ask(scene, `${scene.host}/app:x`), { kind: 'unsupported' }, 'a flood')
})

t.test('another manifest than the digest asked for', async (t) => {
  const headers = { ...api, 'content-type': ociManifest, 'content-length': '2', 'docker-content-digest': gone }
  const scene = await openScene(t, {
    faults: { [`/v2/app/manifests/${digest}`]: { kind: 'answer', status: 200, headers, body: '{}' } },
  })
  t.match(await ask(scene, `${scene.host}/app@${digest}`), { kind: 'unanswered', cause: 'answer-unintelligible' })
})

t.test('transport troubles are unknown, each by its name', async (t) => {
  const closed = await startRegistry(t, {})
  await closed.close()
  const plain = await startRegistry(t, {})
  const untrusted = await startRegistry(t, { tls: untrustedTls })
  const trusted = await startRegistry(t, { tls })
  const pullgate = openPullgate(t)
  const table = [
    ['no-such-host.invalid', 'registry-unresolved'],
    [`registry.test:${closed.port}`, 'registry-unreachable'],
    ['registry.test:750050', 'registry-unreachable'],
    [`registry.test:${plain.port}`, 'plain-http'],
    [`registry.test:${untrusted.port}`, 'tls-untrusted'],
    [`wrong-name.test:${trusted.port}`, 'tls-untrusted'],
    ['127.1', 'registry-unresolved'],
    ['0x7f.1:443', 'registry-unresolved'],
    ['2130706433:80', 'registry-unresolved'],
    ['[1::2::3]', 'registry-unresolved'],
  ] as const
  for (const [host, cause] of table) {
    t.match(await ask({ pullgate }, `${host}/app:1.0`), { kind: 'unanswered', cause }, host)
  }
})

t.test('a registry that hangs, drips, resets or babbles is unknown in time', async (t) => {
  const head = 'HEAD /v2/app/manifests/1.0'
  const table = [
    [{ [head]: { kind: 'hang', at: 'headers' } }, 'registry-timeout'],
    [{ [head]: { kind: 'reset' } }, 'registry-unreachable'],
    [{ [head]: { kind: 'garbage', text: 'SSH-2.0-OpenSSH\r\n' } }, 'answer-unintelligible'],
    [{ [head]: { kind: 'answer', status: 200, headers: { 'x-large': 'x'.repeat(20_000) } } }, 'answer-unintelligible'],
    [
      { [head]: { kind: 'answer', status: 405 }, '/v2/app/manifests/1.0': { kind: 'hang', at: 'body' } },
      'registry-timeout',
    ],
    [
      {
        [head]: { kind: 'answer', status: 405 },
        '/v2/app/manifests/1.0': { kind: 'drip', byte: ' ', everyMilliseconds: 20 },
      },
      'registry-timeout',
    ],
  ] as const
  for (const [faults, cause] of table) {
    const scene = await openScene(t, { faults: { ...faults } })
    const outcome = await ask(scene, `${scene.host}/app:1.0`, [], { perImageMilliseconds: 250 })
    t.match(outcome, { kind: 'unanswered', cause }, JSON.stringify(faults).slice(0, 120))
  }
})

t.test('localhost is the node itself, unless loopback is allowed', async (t) => {
  const local = openPullgate(t, { allow: [] })
  for (const host of ['localhost', 'localhost:5000', '127.0.0.1:5000', '127.9.9.9', '[::1]:5000', '[::1]']) {
    t.match(await ask({ pullgate: local }, `${host}/app:1.0`), { kind: 'unanswered', cause: 'registry-local' }, host)
  }
  const plain = await startRegistry(t, { repositories })
  const secure = await startRegistry(t, { repositories, tls: untrustedTls })
  const pullgate = openPullgate(t)
  t.match(
    await ask({ pullgate }, `127.0.0.1:${plain.port}/app:1.0`),
    { kind: 'found' },
    'plain http behind the fallback',
  )
  t.match(await ask({ pullgate }, `127.0.0.1:${plain.port}/app@${digest}`), { kind: 'found' }, 'which is remembered')
  t.match(await ask({ pullgate }, `localhost:${secure.port}/app:1.0`), { kind: 'found' }, 'https without verification')
})

t.test('every request is kept, without query values', async (t) => {
  const scene = await openScene(t, { repositories, auth: { ...bearer, publicRepositories: ['app'] } })
  const { attempts } = await probe(scene, `${scene.host}/app:1.0`)
  const requests = attempts[0]?.hosts[0]?.requests ?? []
  t.match(
    requests.map(({ method, url, status }) => `${method} ${url} ${status ?? 0}`),
    [
      `HEAD https://${scene.host}/v2/app/manifests/1.0 401`,
      `GET https://${scene.host}/token?service&scope 200`,
      `HEAD https://${scene.host}/v2/app/manifests/1.0 200`,
      `HEAD https://${scene.host}/v2/app/manifests/${digest} 200`,
    ],
  )
  const events = scene.events.filter(({ kind }) => kind === 'request')
  t.match(events[0], { registry: scene.host, method: 'HEAD', code: '401' })
  t.equal(events.length, 4)
})
