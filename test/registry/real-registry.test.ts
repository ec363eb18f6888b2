import t from 'tap'
import { pushImage } from '../support/push-image.ts'
import { testWithRealParts } from '../support/real-parts.ts'
import { registryAccounts, startRegistry } from '../support/registry-server.ts'
import { startTokenServer } from '../support/token-server.ts'
import { ask, login, openPullgate, probe } from './setup.ts'

const { robot, other } = registryAccounts
const robotLogin = login(robot.username, robot.password)
const wrongLogin = login(robot.username, 'wrong-password')

await testWithRealParts(t, 'the CNCF registry', async (t, binaries) => {
  await t.test('open to all', async (t) => {
    const registry = await startRegistry(binaries)
    t.teardown(registry.stop)
    const { digest, mediaType } = await pushImage(registry.url, { repository: 'team/app', tag: 'v1.0.0' })
    const scene = { pullgate: openPullgate(t, { suggestTags: true }) }
    t.same(await ask(scene, `${registry.host}/team/app:v1.0.0`), { kind: 'found', digest, mediaType })
    t.same(await ask(scene, `${registry.host}/team/app@${digest}`), { kind: 'found', digest, mediaType })
    const absent = { kind: 'absent', what: 'tag', suggestions: ['v1.0.0'], repositorySeen: true }
    t.same(await ask(scene, `${registry.host}/team/app:v1.0.1`), absent)
    t.match(await ask(scene, `${registry.host}/team/ap:v1.0.0`), { kind: 'absent', what: 'repository' })
    const missing = `${registry.host}/team/app@sha256:${'0'.repeat(64)}`
    t.match(await ask(scene, missing), { kind: 'absent', what: 'digest' })
  })

  await t.test('with accounts', async (t) => {
    const registry = await startRegistry(binaries, { htpasswd: [robot, other] })
    t.teardown(registry.stop)
    await pushImage(registry.url, { repository: 'team/app', tag: '1', auth: robot })
    const scene = { pullgate: openPullgate(t) }
    const image = `${registry.host}/team/app:1`
    t.match(await ask(scene, image), { kind: 'refused', stage: 'anonymous', scheme: 'Basic' })
    t.match(await ask(scene, image, [wrongLogin]), { kind: 'refused', stage: 'credential', scheme: 'Basic' })
    const { attempts } = await probe(scene, image, [wrongLogin, robotLogin])
    t.match(attempts, [{ outcome: { kind: 'refused' } }, { outcome: { kind: 'found' } }])
  })

  for (const oauth2 of [true, false]) {
    await t.test(oauth2 ? 'with tokens' : 'with tokens, but no OAuth2', async (t) => {
      const accounts = [
        { ...robot, pull: ['team/app'], push: ['team/app'] },
        { ...other, pull: [] },
      ]
      const token = await startTokenServer({ accounts, oauth2 })
      t.teardown(token.stop)
      const registry = await startRegistry(binaries, { token })
      t.teardown(registry.stop)
      await pushImage(registry.url, { repository: 'team/app', tag: '1', auth: robot })
      const scene = { pullgate: openPullgate(t) }
      const image = `${registry.host}/team/app:1`
      t.match(await ask(scene, image), { kind: 'refused', stage: 'anonymous', scheme: 'Bearer' })
      t.match(await ask(scene, image, [wrongLogin]), { kind: 'refused', stage: 'credential', scheme: 'Bearer' })
      const stranger = await ask(scene, image, [login(other.username, other.password)])
      t.match(stranger, { kind: 'refused', stage: 'access', detail: 'insufficient_scope' })
      const { attempts } = await probe(scene, image, [robotLogin])
      t.match(attempts, [{ outcome: { kind: 'found' } }])
      t.equal(attempts[0]?.hosts[0]?.requests.length, oauth2 ? 4 : 5, 'requests')
    })
  }
})
