import { readFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import t from 'tap'
import { type Config, defaultConfig, parseConfig } from '../src/config.ts'
import { configSchema } from '../src/config-schema.ts'
import type { PolicySettings } from '../src/core/policy.ts'

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

t.test('overrides, exemptions and caches become predicates', async (t) => {
  const { policy, proxyCaches } = parseConfig(
    `${head}
overrides:
  - {namespaces: [team-*], images: [ghcr.io/**], checks: {latest-tag: warn}}
  - {causes: {secret-absent: audit}, onUnknown: enforce}
exemptions:
  namespaces: [kube-*]
  usernames: [system:serviceaccount:flux-system:kustomize-controller]
  groups: [system:nodes]
  runtimeClasses: [kata]
  images: [registry.k8s.io/pause]
registries: {proxyCaches: [cache.example/**]}
`,
    'config.yaml',
  )
  const [first, second] = policy.overrides
  t.match(first, { checks: { 'latest-tag': 'warn' }, causes: {} })
  t.strictSame([first?.namespaces?.('team-a'), first?.namespaces?.('shop')], [true, false])
  t.strictSame([first?.images?.('ghcr.io/acme/pay:1'), first?.images?.('nginx')], [true, false])
  t.strictSame(second, { checks: {}, causes: { 'secret-absent': 'audit' }, onUnknown: 'enforce' })
  const { exemptions } = policy
  t.strictSame([exemptions.namespaces('kube-public'), exemptions.namespaces('shop')], [true, false])
  t.ok(exemptions.usernames.has('system:serviceaccount:flux-system:kustomize-controller'))
  t.ok(exemptions.groups.has('system:nodes'))
  t.ok(exemptions.runtimeClasses.has('kata'))
  t.ok(exemptions.images('registry.k8s.io/pause:3.10'))
  t.strictSame([proxyCaches('cache.example/library/nginx'), proxyCaches('nginx')], [true, false])
})

t.test('by default only kube-system is exempt', async (t) => {
  const { exemptions } = defaultConfig.policy
  t.strictSame([exemptions.namespaces('kube-system'), exemptions.namespaces('default')], [true, false])
  t.equal(exemptions.images('nginx'), false)
})

t.test('what this version does not do is accepted as its default and refused as anything else', async (t) => {
  const defaults = `${head}
checks: {image-platform: enforce}
causes: {platform-absent: enforce, platform-partial: enforce}
registries: {hostsDir: "", dockerConfig: "", credentialProviders: {config: "", binDir: ""}}
platforms: {nodes: true, also: []}
limits: {requestsPerSecond: 50}
`
  t.equal(mistakesIn(defaults), 'accepted')
  t.matchSnapshot(
    mistakesIn(`${head}
checks: {image-platform: warn}
causes: {platform-absent: warn, platform-partial: audit}
registries: {hostsDir: /etc/certs.d, dockerConfig: /c.json, credentialProviders: {config: /p.yaml, binDir: /bin}}
platforms: {nodes: false, also: [linux/arm64]}
limits: {requestsPerSecond: 10}
`),
  )
})

t.test('the schema is valid draft-07, says what every key is for, and is published', async (t) => {
  const ajv = new Ajv({ strict: false })
  t.ok(ajv.validateSchema(configSchema), ajv.errorsText())
  const undescribed = (schema: object, path: string): readonly string[] => [
    ...('description' in schema ? [] : [path]),
    ...Object.entries((schema as { properties?: Record<string, object> }).properties ?? {}).flatMap(([key, value]) =>
      undescribed(value, `${path}.${key}`),
    ),
  ]
  t.strictSame(undescribed(configSchema, ''), [])
  const published = await readFile(new URL('../docs/config.schema.json', import.meta.url), 'utf8')
  t.equal(
    published,
    `${JSON.stringify(configSchema, null, 2)}\n`,
    'pullgate serve --print-schema > docs/config.schema.json',
  )
})

t.test('the page about the configuration names every key, and its example is the defaults', async (t) => {
  const page = await readFile(new URL('../docs/configuration.md', import.meta.url), 'utf8')
  const keysOf = (schema: object): readonly string[] => {
    const { properties = {}, items = {} } = schema as { properties?: Record<string, object>; items?: object }
    const own = Object.keys(properties).filter((key) => !/^[a-z]+-/.test(key))
    return [
      ...own,
      ...Object.values(properties).flatMap(keysOf),
      ...(Object.keys(items).length > 0 ? keysOf(items) : []),
    ]
  }
  for (const key of new Set(keysOf(configSchema))) t.match(page, new RegExp(`\\b${key}\\b`), key)
  const example = /```yaml\n(apiVersion[^]*?)```/.exec(page)?.[1] ?? ''
  const { policy, ...config } = parseConfig(example, 'docs/configuration.md')
  const data = ({ registries, cache, limits }: Omit<Config, 'policy'>) => ({
    registries,
    cache,
    limits,
  })
  t.strictSame(data(config), data(defaultConfig))
  const words = ({ mode, checks, causes, onUnknown, templates, owned, suspended, overrides }: PolicySettings) =>
    JSON.stringify({
      mode,
      checks: { ...checks, 'image-platform': 'enforce' },
      causes,
      onUnknown,
      templates,
      owned,
      suspended,
      overrides,
    })
  t.equal(words(policy), words(defaultConfig.policy))
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
  proxyCaches: ["!ghcr.io/**"]
  nodeCredentials: ["https://registry.example"]
cache:
  tag: 1 minute
overrides:
  - {namespace: [shop], onUnknown: never}
exemptions:
  users: [ada]
  groups: [""]
workloads:
  - {kind: Rollout, podSpecs: ["spec..template", "$.spec"]}
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
