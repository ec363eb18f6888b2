import t from 'tap'
import { request } from 'undici'
import { pushImage } from './push-image.ts'
import { testWithRealParts } from './real-parts.ts'
import { registryAccounts, startRegistry } from './registry-server.ts'
import { startTokenServer } from './token-server.ts'

const { robot, other } = registryAccounts
const acceptAll = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ')

type Account = { username: string; password: string }

const basic = ({ username, password }: Account) => `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`

async function head(url: string, image: string, authorization?: string) {
  const [repository = '', tag = ''] = image.split(':')
  const { statusCode, headers, body } = await request(`${url}/v2/${repository}/manifests/${tag}`, {
    method: 'HEAD',
    headers: { accept: acceptAll, ...(authorization === undefined ? {} : { authorization }) },
  })
  await body.dump()
  return {
    status: statusCode,
    digest: headers['docker-content-digest'],
    mediaType: headers['content-type'],
    challenge: headers['www-authenticate'],
  }
}

/** Asks with GET, or with the OAuth2 password grant. */
async function askForToken(realm: string, scope: string, account?: Account, oauth2 = false) {
  const form = new URLSearchParams({ service: 'pullgate-test-registry', scope })
  if (oauth2) {
    form.set('grant_type', 'password')
    form.set('username', account?.username ?? '')
    form.set('password', account?.password ?? '')
  }
  const { statusCode, body } = oauth2
    ? await request(realm, {
        method: 'POST',
        body: form.toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      })
    : await request(`${realm}?${form.toString()}`, { headers: account ? { authorization: basic(account) } : {} })
  return { status: statusCode, authorization: `Bearer ${((await body.json()) as { token?: string }).token ?? ''}` }
}

await testWithRealParts(t, 'the real registry', async (t, binaries) => {
  await t.test('open to all', async (t) => {
    const registry = await startRegistry(binaries)
    t.teardown(registry.stop)
    const image = await pushImage(registry.url, { repository: 'team/app', tag: '1' })
    t.match(await head(registry.url, 'team/app:1'), { status: 200, ...image })
    t.match(await head(registry.url, 'team/app:2'), { status: 404 })
    const platforms = ['linux/amd64', 'linux/arm64/v8']
    const index = await pushImage(registry.url, { repository: 'team/app', tag: 'multi', platforms })
    t.equal(index.mediaType, 'application/vnd.oci.image.index.v1+json')
    t.match(await head(registry.url, 'team/app:multi'), { status: 200, ...index })
  })

  await t.test('with htpasswd', async (t) => {
    const registry = await startRegistry(binaries, { htpasswd: [robot] })
    t.teardown(registry.stop)
    const image = await pushImage(registry.url, { repository: 'team/app', tag: '1', auth: robot })
    t.match(await head(registry.url, 'team/app:1', basic(robot)), { status: 200, ...image })
    t.match(await head(registry.url, 'team/app:2', basic(robot)), { status: 404 })
    t.match(await head(registry.url, 'team/app:1'), { status: 401, challenge: /^Basic realm=/ })
    t.match(await head(registry.url, 'team/app:1', basic(other)), { status: 401 })
    await t.rejects(pushImage(registry.url, { repository: 'team/app', tag: '1', auth: other }), /status 401/)
  })

  await t.test('with tokens', async (t) => {
    const owner = { ...robot, pull: ['team/app'], push: ['team/app', 'public/app'] }
    const tokens = await startTokenServer({
      accounts: [owner, { ...other, pull: ['other/app'] }],
      publicRepositories: ['public/app'],
    })
    t.teardown(tokens.stop)
    const registry = await startRegistry(binaries, { token: tokens })
    t.teardown(registry.stop)
    const image = await pushImage(registry.url, { repository: 'team/app', tag: '1', auth: robot })
    await pushImage(registry.url, { repository: 'public/app', tag: '1', auth: robot })
    t.match(tokens.requests, [
      { method: 'GET', account: 'robot', status: 200 },
      { method: 'GET', account: 'robot' },
    ])

    const scope = 'repository:team/app:pull'
    const challenge = `Bearer realm="${tokens.realm}",service="${tokens.service}",scope="${scope}"`
    t.match(await head(registry.url, 'team/app:1'), { status: 401, challenge })
    for (const oauth2 of [false, true]) {
      const { authorization } = await askForToken(tokens.realm, scope, robot, oauth2)
      t.match(await head(registry.url, 'team/app:1', authorization), { status: 200, ...image })
      t.match(await head(registry.url, 'team/app:2', authorization), { status: 404 })
      const foreign = await askForToken(tokens.realm, scope, other, oauth2)
      const refused = { status: 401, challenge: /error="insufficient_scope"/ }
      t.match(await head(registry.url, 'team/app:1', foreign.authorization), refused)
      t.equal((await askForToken(tokens.realm, scope, { ...robot, password: 'wrong' }, oauth2)).status, 401)
    }
    t.match(tokens.requests.at(-1), { method: 'POST', account: 'robot', scope, status: 401 })
    t.notMatch(JSON.stringify(tokens.requests), /secret|wrong/)

    const anybody = await askForToken(tokens.realm, 'repository:public/app:pull')
    t.match(await head(registry.url, 'public/app:1', anybody.authorization), { status: 200 })
  })

  await t.test('with tokens, but no OAuth2', async (t) => {
    const tokens = await startTokenServer({ accounts: [{ ...robot, pull: ['team/app'] }], oauth2: false })
    t.teardown(tokens.stop)
    t.equal((await askForToken(tokens.realm, 'repository:team/app:pull', robot, true)).status, 404)
    t.equal((await askForToken(tokens.realm, 'repository:team/app:pull', robot)).status, 200)
  })
})
