import t from 'tap'
import { type Evaluation, type Evaluator, evaluate } from '../../src/core/evaluate.ts'
import type { Context, CredentialsPort, Outcome, ProbePort, PullCredentials } from '../../src/core/facts.ts'
import { nameOf, registryHostOf } from '../../src/core/reference.ts'
import { policyFor } from '../support/policies.ts'
import {
  absentSecret,
  attemptOf,
  type CountedPorts,
  contextOf,
  countedPorts,
  credentialsOf,
  digestOf,
  found,
  keyringFor,
  nothingRemembered,
  probeOf,
  refused,
  secretField,
  tagAbsent,
  timedOut,
  usableSecret,
} from '../support/ports.ts'
import { podSpec, workloadFor, workloadWithImages } from '../support/workloads.ts'

const evaluatorOf = ({ ports }: CountedPorts, tweak: Partial<Evaluator> = {}): Evaluator => ({
  ports,
  nodeCredentials: () => false,
  proxyCaches: () => false,
  now: () => '2026-11-20T00:00:00Z',
  ...tweak,
})

const answering =
  (outcome: Outcome): ProbePort =>
  async () =>
    probeOf(attemptOf(outcome))
const listing =
  (credentials: PullCredentials): CredentialsPort =>
  async () =>
    credentials
/** Another answer once it is read anew. */
const renewed =
  (before: PullCredentials, after: PullCredentials): CredentialsPort =>
  async (_workload, { fresh }) =>
    fresh ? after : before

const pay = workloadWithImages(['reg.example/pay:v1'], 'Pod')
const readings = ({ asked }: CountedPorts): number => asked.filter(({ port }) => port === 'credentials').length
const freshness = ({ asked }: CountedPorts) =>
  asked.map(({ port, context }) => `${port} ${context.fresh ? 'fresh' : 'remembered'}`)

t.test('a whole evaluation', async (t) => {
  const workload = workloadFor(
    'Deployment',
    podSpec({
      containers: [
        { name: 'app', image: 'reg.example/pay:v1' },
        { name: 'gone', image: 'reg.example/gone:v2' },
        { name: 'web', image: 'nginx' },
        { name: 'wrong', image: 'Nginx:1' },
        { name: 'base', image: `reg.example/base:v3@${digestOf('b')}`, imagePullPolicy: 'Never' },
      ],
      imagePullSecrets: [{ name: 'regcred' }],
    }),
    { uid: 'a1' },
  )
  const outcomes: Readonly<Record<string, Outcome>> = {
    'reg.example/pay': found,
    'reg.example/gone': tagAbsent,
    'docker.io/library/nginx': timedOut,
  }
  const probe: ProbePort = async (reference) =>
    probeOf(attemptOf(outcomes[nameOf(reference)] ?? timedOut, 'anonymous', registryHostOf(reference)))
  const counted = countedPorts(probe, listing(credentialsOf([usableSecret])))
  t.matchSnapshot(await evaluate([workload], policyFor(), evaluatorOf(counted), contextOf()))
})

t.test('an ignored check has no results, not even passes', async (t) => {
  const policy = policyFor({ checks: { 'latest-tag': 'ignore', 'image-pullable': 'ignore' } })
  const { results, images } = await evaluate([pay], policy, evaluatorOf(countedPorts()), contextOf())
  t.strictSame([...new Set(results.map(({ check }) => check))], ['valid-reference'])
  t.match(images, [{ verdict: 'skipped' }])
})

const denies = ({ decision }: Evaluation): readonly string[] => decision.denials.map(({ cause }) => cause)

t.test('a denial that rests on a secret: read anew, and the secret is there now', async (t) => {
  const port = renewed(credentialsOf([absentSecret]), credentialsOf([usableSecret]))
  const counted = countedPorts(undefined, port)
  t.match(await evaluate([pay], policyFor(), evaluatorOf(counted), contextOf()), { decision: { allowed: true } })
  t.strictSame(freshness(counted), ['credentials remembered', 'credentials fresh', 'probe remembered'])
})

t.test('a refused credential: read anew, and it was renewed', async (t) => {
  const before = credentialsOf([usableSecret], undefined, keyringFor('reg.example', 'secret/shop/before'))
  const after = credentialsOf([usableSecret], undefined, keyringFor('reg.example', 'secret/shop/after'))
  const probe: ProbePort = async (_reference, [credential]) =>
    probeOf(attemptOf(credential?.label === 'secret/shop/after' ? found : refused('credential'), credential?.label))
  const counted = countedPorts(probe, renewed(before, after))
  const evaluation = await evaluate([pay], policyFor(), evaluatorOf(counted), contextOf())
  t.match(evaluation, {
    decision: { allowed: true },
    images: [{ verdict: 'pullable', credential: 'secret/shop/after' }],
  })
})

t.test('read anew once only, however many images were refused, and still denied', async (t) => {
  const port = listing(credentialsOf([usableSecret], undefined, keyringFor('reg.example')))
  const counted = countedPorts(answering(refused('credential')), port)
  const workload = workloadWithImages(['reg.example/a:v1', 'reg.example/b:v1', 'reg.example/c:v1'])
  const evaluation = await evaluate([workload], policyFor(), evaluatorOf(counted), contextOf())
  t.strictSame(denies(evaluation), ['credential-refused', 'credential-refused', 'credential-refused'])
  t.equal(readings(counted), 2)
})

t.test('read anew, and only then wrong: what is true now counts', async (t) => {
  const port = renewed(
    credentialsOf([absentSecret]),
    credentialsOf([{ ...secretField, state: 'ignored', type: 'Opaque' }]),
  )
  const evaluation = await evaluate([pay], policyFor(), evaluatorOf(countedPorts(undefined, port)), contextOf())
  t.strictSame(denies(evaluation), ['secret-type-ignored'])
})

type Case = readonly [
  what: string,
  counted: CountedPorts,
  settings: Parameters<typeof policyFor>[0],
  context: Partial<Context>,
  denied: readonly string[],
  readings: number,
]
const missing = listing(credentialsOf([absentSecret]))
const usable = listing(credentialsOf([usableSecret]))
const noAccount = listing(credentialsOf([], { name: 'cashier', state: 'absent' }))
const lax = { checks: { 'pull-secrets': 'warn' as const }, onUnknown: 'enforce' as const }

const cases: readonly Case[] = [
  ['nothing wrong', countedPorts(undefined, usable), {}, {}, [], 1],
  ['an absent tag, seen with a secret', countedPorts(answering(tagAbsent), usable), {}, {}, ['tag-absent'], 2],
  ['an absent tag, and no secret to read', countedPorts(answering(tagAbsent)), {}, {}, ['tag-absent'], 1],
  ['no answer', countedPorts(answering(timedOut), usable), { onUnknown: 'enforce' }, {}, ['registry-timeout'], 1],
  ['from memory alone', countedPorts(undefined, missing), {}, { reach: 'memory' }, ['secret-absent'], 1],
  ['read anew already', countedPorts(undefined, missing), {}, { fresh: true }, ['secret-absent'], 1],
  ['a missing secret', countedPorts(undefined, missing), {}, {}, ['secret-absent'], 2],
  ['private, and no secret to read', countedPorts(answering(refused('anonymous'))), {}, {}, ['credential-missing'], 1],
  ['private, no secret fits', countedPorts(answering(refused('anonymous')), usable), {}, {}, ['credential-missing'], 2],
  ['no right', countedPorts(answering(refused('access', 403)), usable), {}, {}, ['access-denied'], 2],
  ['no account', countedPorts(undefined, noAccount), { onUnknown: 'enforce' }, {}, ['service-account-absent'], 2],
  ['pending', countedPorts(answering(refused('anonymous')), missing), lax, {}, ['credential-pending'], 2],
]

t.test('how often secrets are read', async (t) => {
  for (const [what, counted, settings, context, denied, expected] of cases) {
    const evaluation = await evaluate([pay], policyFor(settings), evaluatorOf(counted), contextOf(context))
    t.strictSame([denies(evaluation), readings(counted)], [denied, expected], what)
  }
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

t.test('what is certain is denied in time although another image hangs, secrets read anew before it', async (t) => {
  const workload = workloadWithImages(['reg.example/hangs:v1', 'reg.example/private:v1', 'reg.example/gone:v1'])
  const deadline = new AbortController()
  const probe: ProbePort = async (reference) => {
    if (nameOf(reference).endsWith('/hangs')) return new Promise<never>(() => undefined)
    return probeOf(attemptOf(nameOf(reference).endsWith('/gone') ? tagAbsent : refused('credential')))
  }
  const credentials: CredentialsPort = async () => {
    await turn()
    return credentialsOf([usableSecret])
  }
  const counted = countedPorts(probe, credentials)
  const evaluation = evaluate([workload], policyFor(), evaluatorOf(counted), contextOf({ signal: deadline.signal }))
  for (let n = 0; n < 10; n += 1) await turn()
  t.equal(readings(counted), 2)
  deadline.abort()
  t.strictSame(denies(await evaluation), ['credential-refused', 'tag-absent'])
  t.match((await evaluation).decision.warnings, [{ cause: 'deadline-exceeded' }])
})

t.test('no time left, and nothing remembered: an unknown that is told, and acts as unknowns do', async (t) => {
  const context = contextOf({ reach: 'memory', unremembered: 'out-of-time' })
  const named = workloadFor('Deployment', podSpec({ imagePullSecrets: [{ name: 'regcred' }] }))
  const memories = [
    countedPorts(nothingRemembered, nothingRemembered),
    countedPorts(nothingRemembered, listing(credentialsOf([usableSecret]))),
  ]
  for (const counted of memories) {
    const warned = await evaluate([named], policyFor(), evaluatorOf(counted), context)
    t.equal(warned.decision.allowed, true)
    t.ok(warned.decision.warnings.length > 0, 'it is told')
    t.match(warned.images, [{ verdict: 'unknown' }])
    const denied = await evaluate([named], policyFor({ onUnknown: 'enforce' }), evaluatorOf(counted), context)
    t.equal(denied.decision.allowed, false)
  }
})

t.test(
  'where the check of pull secrets acts milder than that of images, its troubles are told by the images',
  async (t) => {
    const malformed = { ...secretField, state: 'malformed', where: 'data', why: 'it is not JSON' } as const
    const unreadable = { ...secretField, state: 'unreadable' } as const
    for (const mode of ['ignore', 'audit', 'warn'] as const) {
      for (const secret of [malformed, unreadable]) {
        const counted = countedPorts(undefined, listing(credentialsOf([secret])))
        const milder = policyFor({ checks: { 'pull-secrets': mode }, onUnknown: 'enforce' })
        const evaluation = await evaluate([pay], milder, evaluatorOf(counted), contextOf())
        t.strictSame(denies(evaluation), [`secret-${secret.state}`], mode)
        t.match(evaluation.decision.denials, [{ check: 'image-pullable', fieldPath: 'spec.containers[0].image' }])
      }
    }
  },
)

t.test('where an override is harder on one image, that image tells what a secret did to it', async (t) => {
  const malformed = { ...secretField, state: 'malformed', where: 'data', why: 'it is not JSON' } as const
  const workload = workloadWithImages(['reg.example/crit:v1', 'reg.example/other:v1'], 'Pod')
  const policy = policyFor({
    checks: { 'pull-secrets': 'audit', 'image-pullable': 'audit' },
    overrides: [{ images: (image) => image.includes('/crit'), checks: { 'image-pullable': 'enforce' }, causes: {} }],
  })
  const counted = countedPorts(undefined, listing(credentialsOf([malformed])))
  const { decision } = await evaluate([workload], policy, evaluatorOf(counted), contextOf())
  t.match(decision, {
    denials: [{ cause: 'secret-malformed', image: 'reg.example/crit:v1' }],
    audits: [{ check: 'pull-secrets' }],
  })
  t.equal(decision.audits.length, 1, 'the other image has nothing to add')
})

t.test('a fault of a port is left to the door', async (t) => {
  const fault = new Error('the disk is full')
  const counted = countedPorts(async () => Promise.reject(fault))
  await t.rejects(evaluate([pay], policyFor(), evaluatorOf(counted), contextOf()), fault)
})
