import t from 'tap'
import { defaultConfig, parseConfig } from '../src/config.ts'

const head = 'apiVersion: pullgate.dev/v1alpha1\nkind: PullgateConfiguration\n'
const mistakesIn = (text: string): string => {
  try {
    parseConfig(text, 'config.yaml')
    return 'accepted'
  } catch (error) {
    return error instanceof Error ? `${error.name}\n${error.message}` : String(error)
  }
}

t.test('the shortest file is the defaults', async (t) => {
  const config = parseConfig(head, 'config.yaml')
  t.same(config.policy, defaultConfig.policy)
  t.match(config, {
    policy: {
      mode: 'enforce',
      onUnknown: 'warn',
      templates: 'enforce',
      owned: 'audit',
      suspended: false,
      checks: {
        'valid-reference': 'enforce',
        'latest-tag': 'enforce',
        'pull-secrets': 'enforce',
        'image-pullable': 'enforce',
      },
    },
    registries: { caBundle: '', allow: [], deny: [], realms: [], suggestTags: true },
    cache: { tag: 60_000, content: 86_400_000, absent: 5000, refused: 30_000, secret: 5000 },
    limits: { perRegistry: 16 },
  })
})

t.test('every key is taken over', async (t) => {
  const config = parseConfig(
    `${head}
mode: audit
checks: {latest-tag: warn}
causes: {rate-limited: audit}
onUnknown: enforce
templates: warn
owned: ignore
suspended: true
registries:
  caBundle: /etc/ca.pem
  addresses: {allow: [10.0.0.0/8, "::1/128"], deny: [10.1.0.0/16]}
  realms: ["registry.example=auth.other.example:8443"]
  nodeCredentials: [harbor.example, "*.internal.example/team"]
  suggestTags: false
cache: {tag: 1m30s, content: 1h, absent: 500ms, refused: 0s, secret: 1s}
limits: {perRegistry: 4}
`,
    'config.yaml',
  )
  t.match(config, {
    policy: {
      mode: 'audit',
      checks: { 'latest-tag': 'warn', 'image-pullable': 'enforce' },
      causes: { 'rate-limited': 'audit' },
      onUnknown: 'enforce',
      templates: 'warn',
      owned: 'ignore',
      suspended: true,
    },
    registries: {
      caBundle: '/etc/ca.pem',
      allow: ['10.0.0.0/8', '::1/128'],
      deny: ['10.1.0.0/16'],
      realms: [{ domain: 'registry.example', host: 'auth.other.example:8443' }],
      suggestTags: false,
    },
    cache: { tag: 90_000, content: 3_600_000, absent: 500, refused: 0, secret: 1000 },
    limits: { perRegistry: 4 },
  })
})

t.test('where nodes may have credentials of their own', async (t) => {
  const cases: readonly (readonly [string, boolean])[] = [
    ['123456789012.dkr.ecr.eu-west-1.amazonaws.com/pay', true],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/pay', true],
    ['eu.gcr.io/project/pay', true],
    ['gcr.io/project/pay', true],
    ['europe-docker.pkg.dev/project/repository/pay', true],
    ['acme.azurecr.io/pay', true],
    ['ghcr.io/acme/pay', false],
    ['docker.io/library/nginx', false],
    ['amazonaws.com.evil.example/pay', false],
  ]
  for (const [name, expected] of cases) t.equal(defaultConfig.nodeCredentials(name), expected, name)
  const own = parseConfig(`${head}registries: {nodeCredentials: [default, "harbor.example/team"]}`, 'c')
  t.ok(own.nodeCredentials('acme.azurecr.io/pay'), 'default may stand beside others')
  t.ok(own.nodeCredentials('harbor.example/team/pay'))
  t.notOk(own.nodeCredentials('harbor.example/other/pay'))
  t.notOk(parseConfig(`${head}registries: {nodeCredentials: []}`, 'c').nodeCredentials('gcr.io/p/a'))
})

t.test('all mistakes at once, each with its place, what is accepted and the nearest key', async (t) => {
  t.matchSnapshot(
    mistakesIn(`apiVersion: pullgate.dev/v1
kind: PullgateConfig
mode: enforced
onUnkown: warn
checks:
  latest-tags: warn
  image-pullable: deny
suspended: "no"
registries:
  suggestTags: 1
  addresses:
    allow: [10.0.0.0/8, not an address]
  realms:
    - registry.example
cache:
  tag: 1 minute
limits:
  perRegistry: 0
`),
  )
})

t.test('what is no configuration at all', async (t) => {
  t.matchSnapshot(
    ['', 'just text', '- a\n- list\n', 'mode: [unclosed', `${head}mode: warn\nmode: audit\n`, 'a: &a [*a]', '{}']
      .map((text) => `${JSON.stringify(text)}\n${mistakesIn(text)}`)
      .join('\n\n'),
  )
})

const ownKinds = `workloads:
  - {group: example.com, kind: Shop, podSpecs: ["spec.tills[].template.spec"], serviceAccount: spec.account}
  - {group: argoproj.io, kind: Rollout, images: [spec.image], pullSecrets: ["spec.secrets[]"], templated: true}
`

t.test('kinds of one’s own are added to the shipped ones, or replace them', async (t) => {
  const { kinds } = parseConfig(head + ownKinds, 'c').policy
  t.equal(kinds?.size, (defaultConfig.policy.kinds?.size ?? 0) + 1)
  t.match(kinds?.get('example.com/Shop'), {
    podSpecs: [{ steps: ['spec', 'tills', '[]', 'template', 'spec'] }],
    serviceAccount: { steps: ['spec', 'account'] },
    templated: false,
  })
  t.strictSame(kinds?.get('argoproj.io/Rollout')?.podSpecs, [])
  t.match(kinds?.get('argoproj.io/Rollout'), { images: [{ steps: ['spec', 'image'] }], templated: true })
})

t.test('mistakes in kinds of one’s own', async (t) => {
  t.matchSnapshot(
    mistakesIn(`${head}workloads:
  - {group: example.com, kind: Shop, podSpecs: ["spec.tills[0].template"], images: [".spec.image"], templated: yes please}
  - {group: example.com, kind: Nowhere}
  - {kind: Half, podSpec: [spec], images: []}
`),
  )
})
