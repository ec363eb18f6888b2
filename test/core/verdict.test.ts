import t from 'tap'
import type { Attempt, Facts, ImageFacts, Outcome, PullCredentials, Unasked } from '../../src/core/facts.ts'
import { parseReference } from '../../src/core/reference.ts'
import { verdictOf } from '../../src/core/verdict.ts'
import {
  absentSecret,
  attemptOf,
  credentialsOf,
  digestOf,
  found,
  hidden,
  keyringFor,
  probeOf,
  refused,
  tagAbsent,
  timedOut,
  usableSecret,
} from '../support/ports.ts'
import { workloadWithImages } from '../support/workloads.ts'

const tagged = 'reg.example/pay:v1'
const byDigest = `reg.example/pay:v1@${digestOf('b')}`

type Setting = {
  readonly image?: string
  readonly nodeCredentials?: boolean
  readonly proxyCache?: boolean
  readonly credentials?: PullCredentials
}

const factsWith = (known: Pick<ImageFacts, 'probe' | 'unasked'>, setting: Setting = {}): [ImageFacts, Facts] => {
  const { image = tagged, nodeCredentials = false, proxyCache = false, credentials = credentialsOf() } = setting
  const workload = workloadWithImages([image], 'Pod')
  const [use] = workload.images
  if (use === undefined) throw new Error('a workload with an image has one')
  const facts: ImageFacts = { use, reference: parseReference(image), nodeCredentials, proxyCache, ...known }
  return [facts, { workload, secretsTold: () => true, credentials, images: [facts] }]
}

const verdictOn = (attempts: readonly [Attempt, ...Attempt[]], setting?: Setting) =>
  verdictOf(...factsWith({ probe: probeOf(...attempts) }, setting))

const a = (outcome: Outcome): Attempt => attemptOf(outcome, 'secret/shop/a')
const b = (outcome: Outcome): Attempt => attemptOf(outcome, 'secret/shop/b')
const c = (outcome: Outcome): Attempt => attemptOf(outcome, 'secret/shop/c')
const anonymous = (outcome: Outcome): Attempt => attemptOf(outcome)

const repositoryAbsent: Outcome = hidden('repository')
const digestAbsent: Outcome = { kind: 'absent', what: 'digest', suggestions: [], digest: digestOf('c') }
const unsupported: Outcome = { kind: 'unsupported', detail: 'a schema 1 manifest' }
const rejected: Outcome = { kind: 'rejected', status: 451 }
const pendingSecret = { credentials: credentialsOf([usableSecret, { ...absentSecret, name: 'later' }]) }
const pendingAccount = { credentials: credentialsOf([], { name: 'cashier', state: 'absent' }) }
const cloud = { nodeCredentials: true }
const cache = { proxyCache: true }

t.test('one success is enough', async (t) => {
  const pullable = (credential: string) => ({ verdict: 'pullable', credential, digest: digestOf('d') })
  t.strictSame(verdictOn([anonymous(found)]), pullable('anonymous'))
  t.strictSame(verdictOn([a(found), b(refused('credential'))]), pullable('secret/shop/a'))
  t.strictSame(verdictOn([a(refused('credential')), b(found)]), pullable('secret/shop/b'))
  t.strictSame(verdictOn([a(timedOut), b(found)]), pullable('secret/shop/b'), 'also after one without an answer')
  t.strictSame(verdictOn([a(found), b(found)]), pullable('secret/shop/a'), 'the first counts')
  t.strictSame(
    verdictOn([a({ kind: 'found' })]),
    { verdict: 'pullable', credential: 'secret/shop/a' },
    'no digest sent',
  )
  t.strictSame(verdictOn([a(found)], { ...cloud, ...pendingSecret }), pullable('secret/shop/a'))
})

type Case = readonly [
  what: string,
  attempts: readonly [Attempt, ...Attempt[]],
  setting: Setting,
  verdict: 'unpullable' | 'unknown',
  cause: Readonly<Record<string, unknown>> & { id: string },
]

const cases: readonly Case[] = [
  ['no such tag', [anonymous(tagAbsent)], {}, 'unpullable', { id: 'tag-absent', tag: 'v1', suggestions: [] }],
  [
    'no such tag, others like it',
    [anonymous({ ...tagAbsent, suggestions: ['v2'] })],
    {},
    'unpullable',
    { id: 'tag-absent', suggestions: ['v2'] },
  ],
  [
    'no tag written: latest is absent',
    [anonymous(tagAbsent)],
    { image: 'reg.example/pay' },
    'unpullable',
    { id: 'tag-absent', tag: 'latest' },
  ],
  [
    'no such repository',
    [anonymous(repositoryAbsent)],
    {},
    'unpullable',
    { id: 'repository-absent', host: 'reg.example' },
  ],
  [
    'the tag answers, its digest is gone',
    [anonymous(digestAbsent)],
    {},
    'unpullable',
    { id: 'digest-absent', digest: digestOf('c'), tag: 'v1' },
  ],
  [
    'the written digest is gone, whatever the tag',
    [anonymous(digestAbsent)],
    { image: byDigest },
    'unpullable',
    { id: 'digest-absent', digest: digestOf('b'), tag: undefined },
  ],
  [
    'a digest that the registry calls a tag',
    [anonymous(tagAbsent)],
    { image: byDigest },
    'unpullable',
    { id: 'digest-absent', digest: digestOf('b') },
  ],
  [
    'a digest in no repository',
    [anonymous(repositoryAbsent)],
    { image: byDigest },
    'unpullable',
    { id: 'repository-absent' },
  ],
  [
    'not an image',
    [anonymous(unsupported)],
    {},
    'unpullable',
    { id: 'manifest-unsupported', detail: unsupported.detail },
  ],
  ['rejected for good', [anonymous(rejected)], {}, 'unpullable', { id: 'request-rejected', status: 451 }],
  ['a cache has no such tag', [anonymous(tagAbsent)], cache, 'unknown', { id: 'proxy-cache', said: /no such tag/ }],
  ['a cache has no such digest', [anonymous(digestAbsent)], cache, 'unknown', { id: 'proxy-cache' }],
  ['a cache has no such repository', [anonymous(repositoryAbsent)], cache, 'unknown', { id: 'proxy-cache' }],
  ['a cache refuses', [a(refused('access', 403))], cache, 'unknown', { id: 'proxy-cache', said: 'a refusal with 403' }],
  [
    'a cache refuses where nodes log in',
    [a(refused('access'))],
    { ...cache, ...cloud },
    'unknown',
    { id: 'node-credentials' },
  ],
  ['what a cache serves is no image', [anonymous(unsupported)], cache, 'unpullable', { id: 'manifest-unsupported' }],
  ['a cache does not answer', [anonymous(timedOut)], cache, 'unknown', { id: 'registry-timeout' }],
  ['no answer', [anonymous(timedOut)], {}, 'unknown', { id: 'registry-timeout', detail: 'no answer in 3 s' }],

  [
    'anonymous refused',
    [anonymous(refused('anonymous'))],
    {},
    'unpullable',
    { id: 'credential-missing', namespace: 'shop', host: 'reg.example', status: 401, keys: [] },
  ],
  [
    'anonymous refused, keys for others',
    [anonymous(refused('anonymous'))],
    { credentials: credentialsOf([usableSecret], undefined, keyringFor('quay.example')) },
    'unpullable',
    { id: 'credential-missing', keys: ['quay.example'] },
  ],
  [
    'a wrong password',
    [a(refused('credential'))],
    {},
    'unpullable',
    { id: 'credential-refused', credential: 'secret/shop/a', others: undefined },
  ],
  [
    'no right',
    [a(refused('access', 403))],
    {},
    'unpullable',
    { id: 'access-denied', credential: 'secret/shop/a', status: 403 },
  ],
  [
    'no right, by Basic',
    [a(refused('access', 403, { scheme: 'Basic', detail: 'DENIED' }))],
    {},
    'unpullable',
    { id: 'access-denied', scheme: 'Basic', detail: 'DENIED' },
  ],

  [
    'several refusals: who got furthest tells most',
    [a(refused('credential')), b(refused('access', 403)), c(refused('credential', 403))],
    {},
    'unpullable',
    {
      id: 'access-denied',
      credential: 'secret/shop/b',
      others: 'secret/shop/a was refused with 401, secret/shop/c was refused with 403',
    },
  ],
  [
    'equal refusals: the first tells',
    [a(refused('credential')), b(refused('credential'))],
    {},
    'unpullable',
    { id: 'credential-refused', credential: 'secret/shop/a', others: 'secret/shop/b was refused with 401' },
  ],
  [
    'one saw that there is none',
    [a(refused('credential')), b(tagAbsent)],
    {},
    'unpullable',
    { id: 'tag-absent', others: 'secret/shop/a was refused with 401' },
  ],
  [
    'every way of failing, in words',
    [a(rejected), b(unsupported), c(tagAbsent)],
    {},
    'unpullable',
    { id: 'tag-absent', others: 'secret/shop/b got a schema 1 manifest, secret/shop/a was rejected with 451' },
  ],
  [
    'one unknown among refusals makes the whole unknown',
    [a(refused('access', 403)), b(timedOut), c(refused('credential'))],
    {},
    'unknown',
    {
      id: 'registry-timeout',
      others: 'secret/shop/a was refused with 403, secret/shop/c was refused with 401',
    },
  ],
  [
    'two unknowns',
    [a(timedOut), b({ kind: 'unanswered', cause: 'registry-error', detail: '503' })],
    {},
    'unknown',
    { id: 'registry-timeout', others: 'secret/shop/b got no answer (503)' },
  ],
  [
    'an absence beside an unknown proves nothing',
    [a(tagAbsent), b(timedOut)],
    {},
    'unknown',
    { id: 'registry-timeout', others: 'secret/shop/a found no such tag' },
  ],

  [
    'nodes may have credentials',
    [anonymous(refused('anonymous'))],
    cloud,
    'unknown',
    { id: 'node-credentials', host: 'reg.example' },
  ],
  [
    'nodes may, also after a refused pod secret',
    [a(refused('credential'))],
    cloud,
    'unknown',
    { id: 'node-credentials' },
  ],
  ['nodes may, also without the right', [a(refused('access', 403))], cloud, 'unknown', { id: 'node-credentials' }],
  ['nodes may, but there is no such tag', [a(tagAbsent)], cloud, 'unpullable', { id: 'tag-absent' }],
  [
    'nodes may, and one secret saw no tag while another was refused',
    [a(tagAbsent), b(refused('credential'))],
    cloud,
    'unknown',
    { id: 'node-credentials' },
  ],
  [
    'a secret may still come',
    [anonymous(refused('anonymous'))],
    pendingSecret,
    'unknown',
    { id: 'credential-pending', pending: 'the pull secret later' },
  ],
  [
    'a secret may still come, another is refused',
    [a(refused('credential'))],
    pendingSecret,
    'unknown',
    { id: 'credential-pending' },
  ],
  [
    'an account may still come',
    [anonymous(refused('anonymous'))],
    pendingAccount,
    'unknown',
    { id: 'credential-pending', pending: 'ServiceAccount cashier' },
  ],
  [
    'a secret may still come, but there is no such tag',
    [anonymous(tagAbsent)],
    pendingSecret,
    'unpullable',
    { id: 'tag-absent' },
  ],
  [
    'a secret may still come, and the 404 may hide the repository',
    [anonymous(repositoryAbsent)],
    pendingSecret,
    'unknown',
    { id: 'credential-pending', pending: 'the pull secret later' },
  ],
  ['an account may, the tag is hidden', [a(hidden('tag'))], pendingAccount, 'unknown', { id: 'credential-pending' }],
  [
    'a secret may still come, and the 404 may hide the digest',
    [a(hidden('digest'))],
    { ...pendingSecret, image: byDigest },
    'unknown',
    { id: 'credential-pending' },
  ],
  [
    'a secret may still come, but the digest of a tag that answers is gone',
    [a({ ...digestAbsent, repositorySeen: true })],
    pendingSecret,
    'unpullable',
    { id: 'digest-absent' },
  ],
  ['a 404 alone, and nothing pending', [anonymous(hidden('tag'))], {}, 'unpullable', { id: 'tag-absent' }],
  ['a 404 where nodes may know more', [anonymous(hidden('tag'))], cloud, 'unknown', { id: 'node-credentials' }],
  ['a hidden digest there', [anonymous(hidden('digest'))], cloud, 'unknown', { id: 'node-credentials' }],
  ['a repository seen without the tag', [anonymous(tagAbsent)], cloud, 'unpullable', { id: 'tag-absent' }],
  [
    'a cache comes before what is pending',
    [anonymous(repositoryAbsent)],
    { ...cache, ...pendingSecret },
    'unknown',
    { id: 'proxy-cache' },
  ],
  [
    'nodes come before what is pending',
    [anonymous(refused('anonymous'))],
    { ...cloud, ...pendingSecret },
    'unknown',
    { id: 'node-credentials' },
  ],
]

t.test('failures', async (t) => {
  for (const [what, attempts, setting, verdict, cause] of cases) {
    const said = verdictOn(attempts, setting)
    t.equal(said.verdict, verdict, what)
    t.match(said.cause, { name: 'reg.example/pay', ...cause }, what)
    t.notOk(said.credential, `${what}: nothing opened it`)
  }
})

t.test('somebody else brings the credentials: only what was seen is certain', async (t) => {
  const elsewhere = (outcome: Outcome, image = tagged) => {
    const [known, facts] = factsWith({ probe: probeOf(anonymous(outcome)) }, { image })
    return verdictOf(known, { ...facts, workload: { ...facts.workload, withoutCredentials: 'elsewhere' } })
  }
  for (const outcome of [hidden('tag'), hidden('digest'), hidden('repository'), refused('anonymous')])
    t.match(elsewhere(outcome), { verdict: 'unknown', cause: undefined, reason: /brings/ }, JSON.stringify(outcome))
  t.match(elsewhere(hidden('digest'), byDigest), { verdict: 'unknown', cause: undefined })
  t.match(elsewhere(tagAbsent), { verdict: 'unpullable', cause: { id: 'tag-absent' } })
  t.match(elsewhere({ ...digestAbsent, repositorySeen: true }), {
    verdict: 'unpullable',
    cause: { id: 'digest-absent' },
  })
})

t.test('the host that spoke last is named, or else the registry of the image', async (t) => {
  const mirrored: Attempt = {
    ...anonymous(repositoryAbsent),
    hosts: ['mirror.example', 'upstream.example'].map((host) => ({ host, outcome: repositoryAbsent, requests: [] })),
  }
  t.match(verdictOn([mirrored]).cause, { host: 'upstream.example' })
  t.match(verdictOn([{ ...mirrored, hosts: [] }]).cause, { host: 'reg.example' })
  t.match(verdictOn([{ ...mirrored, hosts: [] }], { image: 'nginx:1' }).cause, { host: 'registry-1.docker.io' })
})

const unasked: Readonly<Record<Unasked, string>> = {
  'reference-invalid': 'unpullable',
  blank: 'skipped',
  placeholder: 'skipped',
  'secret-placeholder': 'unknown',
  'cluster-scoped': 'unknown',
  'never-pulled': 'skipped',
  'check-ignored': 'skipped',
  'secret-malformed': 'unpullable',
  'secret-unread': 'unknown',
  'not-remembered': 'unknown',
  'too-many': 'unknown',
}

t.test('nothing was asked', async (t) => {
  for (const [why, verdict] of Object.entries(unasked)) {
    const { reason, cause, ...said } = verdictOf(...factsWith({ unasked: why as Unasked }))
    t.strictSame(said, { verdict }, why)
    t.ok(reason !== undefined || cause !== undefined, `${why} is told`)
  }
  const invalid = { image: 'Nginx' }
  t.match(verdictOf(...factsWith({ unasked: 'reference-invalid' }, invalid)), { verdict: 'unpullable' })
})

t.test('an empty probe is our fault', async (t) => {
  t.throws(() => verdictOf(...factsWith({ probe: { attempts: [] } })), /at least one attempt/)
})
