import t from 'tap'
import { digestOfTag } from '../support/scripted-registry.ts'
import { ask, asked, openScene } from './setup.ts'

const api = { 'docker-distribution-api-version': 'registry/2.0' }
const path = '/v2/app/manifests/1.0'

t.test('where HEAD leaves out what containerd needs, the GET decides', async (t) => {
  const bare = { 'content-type': undefined, 'docker-content-digest': undefined, 'content-length': undefined }
  const length = { 'content-length': '5' }
  const digest = { 'docker-content-digest': digestOfTag('1.0') }
  for (const headers of [
    { ...api, ...length },
    { ...api, ...digest },
  ]) {
    const scene = await openScene(t, {
      repositories: { app: { '1.0': {} } },
      faults: { [`HEAD ${path}`]: { kind: 'answer', status: 200, headers } },
    })
    t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'found', digest: digestOfTag('1.0') })
  }
  const scene = await openScene(t, { repositories: { app: { '1.0': { headers: bare } } } })
  t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'unsupported' }, 'also against the manifest')
})

t.test('a HEAD for a digest need not repeat it', async (t) => {
  const headers = { 'docker-content-digest': undefined }
  const scene = await openScene(t, { repositories: { app: { '1.0': { headers } } } })
  const digest = digestOfTag('1.0')
  t.match(await ask(scene, `${scene.host}/app@${digest}`), { kind: 'found', digest })
  t.same(asked(scene), [`HEAD /v2/app/manifests/${digest}`])
})

t.test('a GET that meets trouble after a HEAD that did not', async (t) => {
  const table = [
    [429, 'rate-limited'],
    [500, 'registry-error'],
    [503, 'registry-error'],
    [403, 'answer-unintelligible'],
  ] as const
  for (const [status, cause] of table) {
    const scene = await openScene(t, {
      repositories: { app: { '1.0': { headers: { 'docker-content-digest': undefined } } } },
      faults: { [`GET ${path}`]: { kind: 'answer', status, headers: api } },
    })
    t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'unanswered', cause }, `${status}`)
  }
})
