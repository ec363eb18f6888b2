import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { ask, context, openScene, parse, probe } from './setup.ts'

const repositories = { app: { 'v2.1.2': {} } }
const hangingList = { '/v2/app/tags/list': { kind: 'hang' as const, at: 'headers' as const } }

const until = async (isSo: () => boolean): Promise<void> => {
  while (!isSo()) await nextTurn()
}

t.test('what is certain is not lost to the look for suggestions', async (t) => {
  const scene = await openScene(t, { repositories, faults: hangingList }, { suggestTags: true })
  const [first, joined] = [new AbortController(), new AbortController()]
  const image = `${scene.host}/app:v2.1.3`
  const asking = [
    ask(scene, image, [], { signal: first.signal }),
    ask(scene, image, [], { signal: joined.signal }),
    ask(scene, image),
  ]
  await until(() => scene.registry.requests.some(({ path }) => path.endsWith('/tags/list')))
  const absent = { kind: 'absent', what: 'tag', suggestions: [] }
  joined.abort()
  t.same(await asking[1], absent, 'to one who joined')
  first.abort()
  t.same(await asking[0], absent, 'to the first')
  t.same(await asking[2], absent, 'and the rest have it when the look ends')
  t.equal(scene.registry.requests.length, 2)
})

t.test('before the answer there is nothing to tell', async (t) => {
  const faults = { '/v2/app/manifests/v2.1.3': { kind: 'hang' as const, at: 'headers' as const } }
  const scene = await openScene(t, { repositories, faults }, { suggestTags: true })
  const leaving = new AbortController()
  const asking = ask(scene, `${scene.host}/app:v2.1.3`, [], { signal: leaving.signal, perImageMilliseconds: 500 })
  await until(() => scene.registry.requests.length > 0)
  leaving.abort()
  t.match(await asking, { kind: 'unanswered', cause: 'deadline-exceeded' })
})

t.test('the look for suggestions is short', async (t) => {
  const scene = await openScene(t, { repositories, faults: hangingList }, { suggestTags: true })
  const started = performance.now()
  t.match(await ask(scene, `${scene.host}/app:v2.1.3`), { kind: 'absent', what: 'tag' })
  t.ok(performance.now() - started < 2000)
})

t.test('a hundred images of one object wait without a warning', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => void warnings.push(warning)
  process.on('warning', onWarning)
  t.teardown(() => process.off('warning', onWarning))
  const tags = Array.from({ length: 100 }, (_, number) => `t${number}`)
  const scene = await openScene(t, { repositories: { app: Object.fromEntries(tags.map((tag) => [tag, {}])) } })
  const { signal } = context()
  const probes = await Promise.all(tags.map((tag) => probe(scene, `${scene.host}/app:${tag}`, [], { signal })))
  t.ok(probes.every(({ attempts }) => attempts[0]?.outcome.kind === 'found'))
  await scene.pullgate.probe(parse(`${scene.host}/app:t0`), [], false, context({ signal }))
  await nextTurn()
  t.same(warnings, [])
})
