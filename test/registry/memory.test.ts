import t from 'tap'
import { ask, asked, context, login, openScene, parse, probe } from './setup.ts'

const repositories = { app: { '1.0': {}, '1.1': {} }, other: { '1.0': {} } }
const alice = { username: 'alice', password: 'good-password', pull: ['app', 'other'] }
const bearer = { kind: 'bearer' as const, accounts: [alice] }
const basic = { kind: 'basic' as const, accounts: [alice] }
const good = login('alice', 'good-password')
const bad = login('alice', 'bad-password')

const clock = () => {
  let time = 1000
  return { now: () => time, pass: (milliseconds: number) => void (time += milliseconds) }
}

t.test('two hundred who ask at once ask once', async (t) => {
  const scene = await openScene(t, { repositories, delayMilliseconds: 20 })
  const outcomes = await Promise.all(Array.from({ length: 200 }, () => ask(scene, `${scene.host}/app:1.0`)))
  t.ok(outcomes.every(({ kind }) => kind === 'found'))
  t.equal(scene.registry.requests.length, 2)
  const joined = scene.events.filter((event) => event.kind === 'cache' && event.outcome === 'joined')
  t.equal(joined.length, 199)
})

t.test('an abort ends the waiting of one, not the question', async (t) => {
  const scene = await openScene(t, { repositories, delayMilliseconds: 50 })
  const leaving = new AbortController()
  const left = ask(scene, `${scene.host}/app:1.0`, [], { signal: leaving.signal })
  const staying = ask(scene, `${scene.host}/app:1.0`)
  leaving.abort()
  t.match(await left, { kind: 'unanswered', cause: 'deadline-exceeded' })
  t.match(await staying, { kind: 'found' })
  t.equal(scene.registry.requests.length, 2)
})

t.test('answers live as long as their kind', async (t) => {
  const { now, pass } = clock()
  const scene = await openScene(t, { repositories }, { now })
  const count = () => scene.registry.requests.length
  await ask(scene, `${scene.host}/app:1.0`)
  pass(59_000)
  await ask(scene, `${scene.host}/app:1.0`)
  t.equal(count(), 2, 'found: a minute')
  pass(2000)
  await ask(scene, `${scene.host}/app:1.0`)
  t.equal(count(), 3, 'then the tag again, its digest for a day')
  t.match(await ask(scene, `${scene.host}/app:2.0`), { kind: 'absent' })
  scene.registry.script.repositories = { app: { '2.0': {} } }
  t.match(await ask(scene, `${scene.host}/app:2.0`), { kind: 'absent' })
  pass(5001)
  t.match(await ask(scene, `${scene.host}/app:2.0`), { kind: 'found' }, 'absent: five seconds')
})

t.test('what was not answered is not remembered', async (t) => {
  const scene = await openScene(t, {
    repositories,
    faults: { '/v2/app/manifests/1.0': [{ kind: 'answer', status: 503 }] },
  })
  t.match(await ask(scene, `${scene.host}/app:1.0`), { cause: 'registry-error' })
  t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'found' })
})

t.test('a lifetime of nothing is no lifetime', async (t) => {
  const scene = await openScene(t, { repositories }, { cache: { tag: 0, content: 0, absent: 0, refused: 0 } })
  await ask(scene, `${scene.host}/app:1.0`)
  await ask(scene, `${scene.host}/app:1.0`)
  t.equal(scene.registry.requests.length, 4)
})

t.test('memory alone asks nobody', async (t) => {
  const scene = await openScene(t, { repositories })
  const fromMemory = () => scene.pullgate.probe(parse(`${scene.host}/app:1.0`), [], false, context({ reach: 'memory' }))
  t.equal(await fromMemory(), undefined)
  t.equal(scene.registry.requests.length, 0)
  await ask(scene, `${scene.host}/app:1.0`)
  t.match(await fromMemory(), { attempts: [{ credential: 'anonymous', outcome: { kind: 'found' } }] })
  t.equal(scene.registry.requests.length, 2)
})

t.test('nothing is shared across credentials', async (t) => {
  const bob = { username: 'bob', password: 'bobs-password', pull: [] }
  const scene = await openScene(t, { repositories, auth: { ...bearer, accounts: [alice, bob] } })
  const image = `${scene.host}/app:1.0`
  const [first, second, nobody] = await Promise.all([
    ask(scene, image, [good]),
    ask(scene, image, [login('bob', 'bobs-password')]),
    ask(scene, image),
  ])
  t.match(first, { kind: 'found' })
  t.match(second, { kind: 'refused', stage: 'access' })
  t.match(nobody, { kind: 'refused', stage: 'anonymous' })
  t.match(await ask(scene, image, [good]), { kind: 'found' })
})

t.test('the credentials of an image have their turns, and anonymous has none', async (t) => {
  const scene = await openScene(t, { repositories, auth: { ...bearer, publicRepositories: ['app'] } })
  const image = `${scene.host}/app:1.0`
  const answer = await probe(scene, image, [bad, good, login('carol', 'never-shown')])
  t.match(answer.attempts, [
    { credential: 'secret/shop/alice', outcome: { kind: 'refused', stage: 'credential' } },
    { credential: 'secret/shop/alice', outcome: { kind: 'found' } },
  ])
  t.equal(answer.attempts.length, 2, 'the first success ends it')
  t.notOk(scene.registry.requests.some(({ account }) => account === 'carol'))
  t.match(await ask(scene, image, [bad]), { kind: 'refused' }, 'a wrong credential breaks a public image')
  t.notOk(asked(scene).includes('GET /token'), 'no anonymous token')
})

t.test('a wrong credential is shown to a host once', async (t) => {
  for (const auth of [basic, bearer]) {
    const { now, pass } = clock()
    const scene = await openScene(t, { repositories, auth }, { now })
    const images = ['app:1.0', 'app:1.1', 'other:1.0'].map((image) => `${scene.host}/${image}`)
    const askAll = () => Promise.all(images.map((image) => ask(scene, image, [bad])))
    const shown = () => asked(scene).filter((request) => /Basic|password/.test(request)).length
    const presentations = auth === basic ? 1 : 2
    for (const outcome of await askAll()) t.match(outcome, { kind: 'refused', stage: 'credential' }, auth.kind)
    t.equal(shown(), presentations, 'also by many at once')
    pass(29_000)
    await askAll()
    t.equal(shown(), presentations, 'for half a minute')
    pass(2000)
    await askAll()
    t.equal(shown(), presentations * 2)
  }
})

t.test('a token is used until it runs out', async (t) => {
  const { now, pass } = clock()
  const scene = await openScene(t, { repositories, auth: bearer }, { now })
  const tokens = () => asked(scene).filter((request) => request.includes('/token')).length
  await ask(scene, `${scene.host}/app:1.0`, [good])
  await ask(scene, `${scene.host}/app:1.1`, [good])
  t.equal(tokens(), 1)
  pass(291_000)
  await ask(scene, `${scene.host}/app:1.0`, [good])
  t.equal(tokens(), 2)
  const challenge = { 'www-authenticate': `Bearer realm="https://${scene.host}/token",service="scripted"` }
  pass(61_000)
  const expired = { kind: 'answer' as const, status: 401, headers: challenge }
  scene.registry.script.faults = { 'HEAD /v2/app/manifests/1.0': [expired, expired] }
  t.match(
    await ask(scene, `${scene.host}/app:1.0`, [good]),
    { kind: 'found' },
    'and is fetched anew when it is refused',
  )
  t.equal(tokens(), 3)
})

t.test('requests over the limit of a registry wait while there is time', async (t) => {
  const scene = await openScene(
    t,
    { repositories: { app: Object.fromEntries('abcdef'.split('').map((tag) => [tag, {}])) } },
    { perRegistry: 2 },
  )
  const outcomes = await Promise.all('abcdef'.split('').map((tag) => ask(scene, `${scene.host}/app:${tag}`)))
  t.ok(outcomes.every(({ kind }) => kind === 'found'))
  scene.registry.script.faults = { '/v2/app/manifests/slow': { kind: 'hang', at: 'headers' } }
  const hanging = `app@${'sha256:'.padEnd(71, '0')}`
  scene.registry.script.faults[`/v2/${hanging.replace('@', '/manifests/')}`] = { kind: 'hang', at: 'headers' }
  const slow = [
    ask(scene, `${scene.host}/app:slow`, [], { perImageMilliseconds: 300 }),
    ask(scene, `${scene.host}/${hanging}`, [], { perImageMilliseconds: 300 }),
    ask(scene, `${scene.host}/app:waiting`, [], { perImageMilliseconds: 100 }),
  ]
  const causes = (await Promise.all(slow)).map((outcome) =>
    outcome.kind === 'unanswered' ? outcome.cause : outcome.kind,
  )
  t.same(causes, ['registry-timeout', 'registry-timeout', 'registry-paused'])
})
