import t from 'tap'
import { createGuard } from '../../src/registry/guard.ts'
import { mayReceiveCredential } from '../../src/registry/realm.ts'
import { ask, openPullgate, openScene, startRegistry, tls } from './setup.ts'

const none = { allow: [], deny: [], denyAddresses: [] }

t.test('addresses that are nobody’s registry are refused by nature', async (t) => {
  const guard = createGuard(none)
  const refused = [
    '0.0.0.0',
    '127.0.0.1',
    '127.255.0.1',
    '169.254.169.254',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '[::1]',
    'fe80::1',
    'fec0::1',
    'ff02::1',
    'fd00:ec2::254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '::ffff:7f00:1',
    '::127.0.0.1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b::127.0.0.1',
    '2002:7f00:1::',
    'no address',
    '',
  ]
  for (const address of refused) t.ok(guard.refusalOf(address), address)
  for (const address of ['10.0.0.1', '192.168.1.1', '172.16.0.1', '100.64.0.1', '8.8.8.8', '2606:4700::1', 'fd00::1']) {
    t.equal(guard.refusalOf(address), undefined, address)
  }
})

t.test('deny wins over allow, and allow over nature and the API server', async (t) => {
  const guard = createGuard({
    allow: ['127.0.0.0/8', '10.96.0.1', '10.0.0.0/24', '::1/128'],
    deny: ['127.0.0.53/32', '10.0.0.0/28', 'fd12::/16'],
    denyAddresses: ['10.96.0.1', '10.96.0.2', '203.0.114.1'],
  })
  const table: [string, boolean][] = [
    ['127.0.0.1', false],
    ['127.0.0.53', true],
    ['::ffff:127.0.0.53', true],
    ['::1', false],
    ['10.0.0.17', false],
    ['10.0.0.15', true],
    ['fd12::1', true],
    ['10.96.0.1', false],
    ['10.96.0.2', true],
    ['203.0.114.1', true],
  ]
  for (const [address, isRefused] of table) t.equal(guard.refusalOf(address) !== undefined, isRefused, address)
})

t.test('the guard stands before literals and before names', async (t) => {
  const registry = await startRegistry(t, { tls })
  const metadata = openPullgate(t, { allow: [] })
  for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:a9fe:a9fe]:80', '0.0.0.0:443']) {
    t.match(await ask({ pullgate: metadata }, `${host}/app:1.0`), { kind: 'unanswered', cause: 'address-denied' }, host)
  }
  const outcome = await ask({ pullgate: metadata }, `registry.test:${registry.port}/app:1.0`)
  t.match(outcome, { kind: 'unanswered', cause: 'address-denied' }, 'a name that leads to loopback')
  t.same(registry.requests, [])
})

t.test('of several addresses only those that pass are used', async (t) => {
  const scene = await openScene(
    t,
    { repositories: { app: { '1.0': {} } } },
    {
      lookup: (_hostname, _options, callback) => {
        callback(null, [
          { address: '169.254.169.254', family: 4 },
          { address: '127.0.0.1', family: 4 },
        ])
      },
    },
  )
  t.match(await ask(scene, `${scene.host}/app:1.0`), { kind: 'found' })
})

t.test('a credential goes to a realm that belongs to the registry', async (t) => {
  const pairs = [
    { domain: 'reg.example', host: 'tokens.other.test' },
    { domain: 'reg.example:5000', host: 'tokens.other.test:8443' },
    { domain: 'explicit.example', host: 'tokens.explicit.test:443' },
  ]
  const table: [string, string, boolean][] = [
    ['registry-1.docker.io', 'auth.docker.io', true],
    ['registry.gitlab.com', 'gitlab.com', true],
    ['reg.example', 'reg.example', true],
    ['reg.example:5000', 'reg.example:5001', true],
    ['10.0.0.1:5000', '10.0.0.1:5001', true],
    ['10.0.0.1', '10.0.0.2', false],
    ['registry', 'auth', false],
    ['a.example', 'b.example', false],
    ['reg.corp.example', 'auth.corp.example', true],
    ['reg.co.uk', 'evil.co.uk', false],
    ['reg.shop.co.uk', 'auth.shop.co.uk', true],
    ['mine.azurecr.io', 'evil.azurecr.io', false],
    ['a.b.amazonaws.com', 'c.b.amazonaws.com', false],
    ['reg.one.svc.cluster.local', 'reg.two.svc.cluster.local', false],
    ['10.0.0.1.nip.io', '10.0.0.2.nip.io', false],
    ['reg.example', 'tokens.other.test', true],
    ['reg.example', 'tokens.other.test:444', true],
    ['reg.example', 'evil.other.test', false],
    ['reg.example:5000', 'tokens.other.test:8443', true],
    ['explicit.example', 'tokens.explicit.test', true],
    ['explicit.example', 'tokens.explicit.test:444', false],
    ['pub-one.r2.dev', 'pub-two.r2.dev', false],
    ['one.fra1.digitaloceanspaces.com', 'two.fra1.digitaloceanspaces.com', false],
    ['one.westus.azurecontainer.io', 'two.westus.azurecontainer.io', false],
    ['rg.fr-par.scw.cloud', 'evil.fr-par.scw.cloud', false],
    ['one.hf.space', 'two.hf.space', false],
    ['one.blogspot.com', 'two.blogspot.com', false],
    ['one.up.railway.app', 'two.up.railway.app', false],
    ['one.lambda-url.eu-west-1.on.aws', 'two.lambda-url.eu-west-1.on.aws', false],
    ['one-uc.a.run.app', 'two-uc.a.run.app', false],
    ['one.westus-01.azurewebsites.net', 'two.westus-01.azurewebsites.net', false],
    ['one.eu.ngrok.io', 'two.eu.ngrok.io', false],
    ['one.web.app', 'two.web.app', false],
    ['reg.gouv.fr', 'evil.gouv.fr', false],
    ['foreign.example', 'tokens.other.test', false],
    ['evil-docker.io', 'auth.docker.io', false],
  ]
  for (const [registry, realm, isAllowed] of table) {
    const question = { realm: new URL(`https://${realm}/token`), registry: new URL(`https://${registry}/`), pairs }
    t.equal(mayReceiveCredential({ ...question, imageDomain: registry }), isAllowed, `${registry} -> ${realm}`)
  }
})
