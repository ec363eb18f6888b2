import fc from 'fast-check'
import t from 'tap'
import { type Cause, causeOf } from '../../src/core/cause.ts'
import { type CheckId, checkIds } from '../../src/core/checks/index.ts'
import {
  isActive,
  type Mode,
  milder,
  modeFor,
  modes,
  type PolicyRequest,
  type PolicySettings,
  policyOf,
} from '../../src/core/policy.ts'
import { policyFor, requestOf, settingsOf } from '../support/policies.ts'

const secret = { secret: 'regcred', namespace: 'shop', server: 'reg.example' }
const certain = causeOf('tag-absent', { name: 'reg.example/pay', tag: 'v1', suggestions: [] })
const unknown = causeOf('registry-timeout', { name: 'reg.example/pay', host: 'reg.example', detail: '' })
const secretAbsent = causeOf('secret-absent', secret)
const accountAbsent = causeOf('service-account-absent', { namespace: 'shop', account: 'cashier' })
const pending = causeOf('credential-pending', { name: 'reg.example/pay', host: 'reg.example', pending: 'it' })
const causes: readonly Cause[] = [certain, unknown, secretAbsent, accountAbsent, pending]

/** Harder is lower: enforce 0, ignore 3. */
const rank = (mode: Mode): number => modes.indexOf(mode)

const mode = fc.constantFrom(...modes)
const settings: fc.Arbitrary<PolicySettings> = fc.record({
  mode,
  checks: fc.record({ 'valid-reference': mode, 'latest-tag': mode, 'pull-secrets': mode, 'image-pullable': mode }),
  causes: fc.dictionary(fc.constantFrom(...causes.map(({ id }) => id)), mode),
  onUnknown: mode,
  templates: mode,
  owned: mode,
  suspended: fc.boolean(),
})
const request: fc.Arbitrary<PolicyRequest> = fc.record({
  mode: fc.option(mode, { nil: undefined }),
  isTemplate: fc.boolean(),
  owned: fc.boolean(),
  idle: fc.boolean(),
  dryRun: fc.boolean(),
})
const check = fc.constantFrom(...checkIds)
const cause = fc.constantFrom(...causes)

t.test('milder', async (t) => {
  t.strictSame(modes, ['enforce', 'warn', 'audit', 'ignore'])
  for (const a of modes) for (const b of modes) t.equal(milder(a, b), modes[Math.max(rank(a), rank(b))], `${a} ${b}`)
})

const ceilings: readonly (readonly [
  what: string,
  settings: Parameters<typeof settingsOf>[0],
  request: Partial<PolicyRequest>,
  ceiling: Mode,
])[] = [
  ['the configured mode', { mode: 'audit' }, {}, 'audit'],
  ['the path instead of the configured mode', { mode: 'audit' }, { mode: 'enforce' }, 'enforce'],
  ['the path, milder', {}, { mode: 'warn' }, 'warn'],
  ['a template', { templates: 'warn' }, { isTemplate: true }, 'warn'],
  ['not a template', { templates: 'warn' }, {}, 'enforce'],
  ['made by a controller', {}, { owned: true }, 'audit'],
  ['made by a controller, where that may be denied', { owned: 'enforce' }, { owned: true }, 'enforce'],
  ['not made by a controller', { owned: 'ignore' }, {}, 'enforce'],
  ['an idle ReplicaSet', {}, { idle: true }, 'warn'],
  ['an idle ReplicaSet under audit', {}, { idle: true, mode: 'audit' }, 'audit'],
  ['suspended', { suspended: true }, { mode: 'enforce' }, 'ignore'],
]

t.test('the ceiling', async (t) => {
  for (const [what, tweak, asked, ceiling] of ceilings) t.equal(policyFor(tweak, asked).ceiling, ceiling, what)
})

const acts: readonly (readonly [
  what: string,
  settings: Parameters<typeof settingsOf>[0],
  request: Partial<PolicyRequest>,
  cause: Cause,
  mode: Mode,
])[] = [
  ['certain', {}, {}, certain, 'enforce'],
  ['unknown', {}, {}, unknown, 'warn'],
  ['unknown, where that denies', { onUnknown: 'enforce' }, {}, unknown, 'enforce'],
  ['unknown, check milder', { onUnknown: 'enforce', checks: { 'image-pullable': 'audit' } }, {}, unknown, 'audit'],
  ['certain is not bound by onUnknown', { onUnknown: 'ignore' }, {}, certain, 'enforce'],
  ['its check milder', { checks: { 'image-pullable': 'warn' } }, {}, certain, 'warn'],
  ['another check milder', { checks: { 'latest-tag': 'ignore' } }, {}, certain, 'enforce'],
  ['its cause milder', { causes: { 'tag-absent': 'audit' } }, {}, certain, 'audit'],
  ['its cause harder than the rest', { causes: { 'registry-timeout': 'enforce' } }, {}, unknown, 'warn'],
  ['a missing secret', {}, {}, secretAbsent, 'enforce'],
  ['a missing secret on dry-run', {}, { dryRun: true }, secretAbsent, 'warn'],
  ['a missing secret on dry-run, audit', {}, { dryRun: true, mode: 'audit' }, secretAbsent, 'audit'],
  ['a missing account on dry-run', { onUnknown: 'enforce' }, { dryRun: true }, accountAbsent, 'warn'],
  ['what a missing secret might open, on dry-run', { onUnknown: 'enforce' }, { dryRun: true }, pending, 'warn'],
  ['anything else on dry-run', {}, { dryRun: true }, certain, 'enforce'],
]

t.test('how one trouble acts', async (t) => {
  for (const [what, tweak, asked, trouble, expected] of acts)
    t.equal(modeFor(policyFor(tweak, asked), 'image-pullable', trouble), expected, what)
})

const notKnown: readonly Cause[] = [unknown, accountAbsent, pending]
const mayStillCome: readonly Cause[] = [secretAbsent, accountAbsent, pending]

/** Every limit there is, each with whether it applies. */
const limitsOn = (settings: PolicySettings, request: PolicyRequest, check: CheckId, cause: Cause): readonly Mode[] => {
  const limits: readonly (readonly [applies: boolean, mode: Mode])[] = [
    [true, request.mode ?? settings.mode],
    [true, settings.checks[check]],
    [true, settings.causes[cause.id] ?? 'enforce'],
    [notKnown.includes(cause), settings.onUnknown],
    [request.isTemplate, settings.templates],
    [request.owned, settings.owned],
    [request.idle, 'warn'],
    [settings.suspended, 'ignore'],
    [request.dryRun && mayStillCome.includes(cause), 'warn'],
  ]
  return limits.filter(([applies]) => applies).map(([, mode]) => mode)
}

t.test('nothing acts harder than any of its limits, and the mildest of them decides', async (t) => {
  fc.assert(
    fc.property(settings, request, check, cause, (settings, request, check, cause) => {
      const acts = rank(modeFor(policyOf(settings, request), check, cause))
      return acts === Math.max(...limitsOn(settings, request, check, cause).map(rank))
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('a check that cannot act is not active', async (t) => {
  fc.assert(
    fc.property(settings, request, check, cause, (settings, request, check, cause) => {
      const policy = policyOf(settings, request)
      return isActive(policy, check) || modeFor(policy, check, cause) === 'ignore'
    }),
  )
  t.equal(isActive(policyFor({ checks: { 'latest-tag': 'ignore' } }), 'latest-tag'), false)
  t.equal(isActive(policyFor({ checks: { 'latest-tag': 'audit' } }), 'latest-tag'), true)
  t.equal(isActive(policyFor({ suspended: true }), 'latest-tag'), false)
  t.equal(isActive(policyFor({ onUnknown: 'ignore' }), 'image-pullable'), true, 'what is certain still counts')
})

t.test('the operator’s words reach the policy', async (t) => {
  const { checks, causes, onUnknown } = policyOf(settingsOf({ causes: { 'rate-limited': 'audit' } }), requestOf())
  t.strictSame([Object.keys(checks), causes, onUnknown], [checkIds, { 'rate-limited': 'audit' }, 'warn'])
})
