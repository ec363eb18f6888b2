import fc from 'fast-check'
import t from 'tap'
import { type Cause, causeOf, certaintyOf } from '../../src/core/cause.ts'
import type { Judgement } from '../../src/core/check.ts'
import { type CheckId, checkIds } from '../../src/core/checks/index.ts'
import { allowed, type CheckResult, decide, findingOf } from '../../src/core/decision.ts'
import { modeFor, modes, policyOf } from '../../src/core/policy.ts'
import { policyFor, requestOf, settingsOf } from '../support/policies.ts'

const tagAbsent = causeOf('tag-absent', { name: 'reg.example/pay', tag: 'v1', suggestions: ['v2'] })
const latest = causeOf('latest-tag', { name: 'reg.example/pay' })
const silence = causeOf('registry-timeout', { name: 'reg.example/pay', host: 'reg.example', detail: 'none in 3 s' })
const refusal = causeOf('credential-refused', {
  name: 'reg.example/pay',
  host: 'reg.example',
  namespace: 'shop',
  credential: 'secret/shop/regcred',
  status: 401,
  keys: ['reg.example'],
})

const field = (index: number) => ({ fieldPath: `spec.containers[${index}].image`, image: 'reg.example/pay:v1' })
const trouble = (index: number, cause: Cause, check: CheckId = 'image-pullable') =>
  ({ ...field(index), outcome: 'trouble', cause, check }) as const

t.test('a finding says everything a user or a report needs', async (t) => {
  t.matchSnapshot(findingOf(trouble(0, tagAbsent), policyFor()), 'an absent tag')
  t.match(findingOf(trouble(0, silence), policyFor()), { certainty: 'unknown', mode: 'warn', suggestions: [] })
  const long = { ...trouble(0, tagAbsent), image: 'x'.repeat(5000) }
  t.equal(findingOf(long, policyFor()).image.length, 256)
})

t.test('passes and skips are no findings', async (t) => {
  const judgements: readonly Judgement[] = [
    { ...field(0), outcome: 'pass' },
    { ...field(1), outcome: 'skip', reason: 'imagePullPolicy is Never' },
  ]
  t.strictSame(
    decide(
      policyFor(),
      judgements.map((judgement) => ({ ...judgement, check: 'latest-tag' })),
    ),
    allowed,
  )
  t.strictSame(decide(policyFor(), []), allowed)
  t.strictSame(allowed, { allowed: true, denials: [], warnings: [], audits: [] })
})

t.test('every finding is in the list of its mode', async (t) => {
  const policy = policyFor({
    checks: { 'latest-tag': 'audit', 'pull-secrets': 'ignore' },
    causes: { 'credential-refused': 'warn' },
  })
  const decision = decide(policy, [
    trouble(0, tagAbsent),
    trouble(1, latest, 'latest-tag'),
    trouble(2, refusal),
    trouble(3, silence),
    trouble(4, refusal, 'pull-secrets'),
  ])
  const causesIn = (list: 'denials' | 'warnings' | 'audits') => decision[list].map(({ cause }) => cause)
  t.equal(decision.allowed, false)
  t.strictSame(causesIn('denials'), ['tag-absent'])
  t.strictSame(causesIn('warnings'), ['credential-refused', 'registry-timeout'])
  t.strictSame(causesIn('audits'), ['latest-tag'])
})

t.test('certain before unknown, and otherwise in the order of checks and fields', async (t) => {
  const { denials } = decide(policyFor({ onUnknown: 'enforce' }), [
    trouble(0, silence),
    trouble(1, latest, 'latest-tag'),
    trouble(2, silence),
    trouble(3, tagAbsent),
    trouble(4, refusal),
  ])
  t.strictSame(
    denials.map(({ fieldPath }) => Number(/\d/.exec(fieldPath)?.[0])),
    [1, 3, 4, 0, 2],
  )
})

const mode = fc.constantFrom(...modes)
const settings = fc
  .record({
    mode,
    onUnknown: mode,
    templates: mode,
    owned: mode,
    suspended: fc.boolean(),
    checks: fc.record({ 'latest-tag': mode, 'pull-secrets': mode, 'image-pullable': mode, 'valid-reference': mode }),
  })
  .map(settingsOf)
const request = fc
  .record({ isTemplate: fc.boolean(), owned: fc.boolean(), idle: fc.boolean(), dryRun: fc.boolean() })
  .map(requestOf)
const results: fc.Arbitrary<CheckResult[]> = fc.array(
  fc.oneof(
    fc
      .tuple(fc.nat(9), fc.constantFrom<Cause[]>(tagAbsent, latest, silence, refusal), fc.constantFrom(...checkIds))
      .map(([index, cause, check]) => trouble(index, cause, check)),
    fc.nat(9).map((index) => ({ ...field(index), outcome: 'pass', check: 'latest-tag' }) as const),
  ),
)

const rank = (mode: (typeof modes)[number]) => modes.indexOf(mode)
const isOrdered = (list: readonly { certainty: string }[]): boolean =>
  !/unknown.*certain/.test(list.map(({ certainty }) => certainty).join(' '))

t.test('for every policy and every set of troubles', async (t) => {
  fc.assert(
    fc.property(settings, request, results, (settings, request, results) => {
      const policy = policyOf(settings, request)
      const { denials, warnings, audits, ...decision } = decide(policy, results)
      const findings = [...denials, ...warnings, ...audits]
      const acting = results.filter(
        (result) =>
          result.outcome === 'trouble' && modeFor(policy, result.check, result.cause, result.image) !== 'ignore',
      )
      const claims = {
        'allowed iff nothing is denied': decision.allowed === (denials.length === 0),
        'none is lost and none is told twice': findings.length === acting.length,
        'nothing acts harder than the ceiling': findings.every(({ mode }) => rank(mode) >= rank(policy.ceiling)),
        'unknown never acts harder than onUnknown': findings.every(
          ({ certainty, mode }) => certainty === 'certain' || rank(mode) >= rank(settings.onUnknown),
        ),
        'certain before unknown': [denials, warnings, audits].every(isOrdered),
        'an idle ReplicaSet is never denied': !request.idle || decision.allowed,
        'suspended admits in silence': !settings.suspended || findings.length === 0,
      }
      const broken = Object.entries(claims).filter(([, holds]) => !holds)
      if (broken.length > 0) throw new Error(broken.map(([claim]) => claim).join(', '))
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('the examples are what they stand for', async (t) => {
  t.strictSame([tagAbsent, latest, refusal, silence].map(certaintyOf), ['certain', 'certain', 'certain', 'unknown'])
})
