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
  type Override,
  type PolicyRequest,
  type PolicySettings,
  policyOf,
} from '../../src/core/policy.ts'
import { exemptionsOf, policyFor, requestOf, settingsOf } from '../support/policies.ts'

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
const isShop = (namespace: string): boolean => namespace === 'shop'
const isTill = (namespace: string): boolean => namespace === 'till'
const image = fc.constantFrom('', 'reg.example/pay:v1', 'other.example/pay:v1')
const isPay = (text: string): boolean => text === 'reg.example/pay:v1'
const override: fc.Arbitrary<Override> = fc
  .record(
    {
      namespaces: fc.constantFrom(isShop, isTill),
      images: fc.constant(isPay),
      onUnknown: mode,
    },
    { requiredKeys: [] },
  )
  .chain((scope) =>
    fc
      .record({
        checks: fc.dictionary(fc.constantFrom(...checkIds), mode),
        causes: fc.dictionary(fc.constantFrom(...causes.map(({ id }) => id)), mode),
      })
      .map((rules) => ({ ...scope, ...rules })),
  )
const settings: fc.Arbitrary<PolicySettings> = fc.record({
  mode,
  checks: fc.record({ 'valid-reference': mode, 'latest-tag': mode, 'pull-secrets': mode, 'image-pullable': mode }),
  causes: fc.dictionary(fc.constantFrom(...causes.map(({ id }) => id)), mode),
  onUnknown: mode,
  templates: mode,
  owned: mode,
  suspended: fc.boolean(),
  overrides: fc.array(override, { maxLength: 3 }),
  exemptions: fc.constant(exemptionsOf()),
})
const request: fc.Arbitrary<PolicyRequest> = fc.record({
  mode: fc.option(mode, { nil: undefined }),
  namespace: fc.constantFrom('shop', 'till'),
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
    t.equal(modeFor(policyFor(tweak, asked), 'image-pullable', trouble, 'reg.example/pay:v1'), expected, what)
})

const notKnown: readonly Cause[] = [unknown, accountAbsent, pending]
const mayStillCome: readonly Cause[] = [secretAbsent, accountAbsent, pending]

type Trouble = { readonly check: CheckId; readonly cause: Cause; readonly image: string }
const trouble: fc.Arbitrary<Trouble> = fc.record({ check, cause, image })

/** The first override that fits, written as plainly as the documentation says it. */
const overrideFor = ({ overrides }: PolicySettings, namespace: string, image: string): Partial<Override> => {
  for (const override of overrides) {
    const fitsNamespace = override.namespaces === undefined || override.namespaces(namespace)
    const fitsImage = override.images === undefined || (image !== '' && override.images(image))
    if (fitsNamespace && fitsImage) return override
  }
  return {}
}

/** Every limit there is, each with whether it applies. */
const limitsOn = (
  settings: PolicySettings,
  request: PolicyRequest,
  { check, cause, image }: Trouble,
): readonly Mode[] => {
  const own = overrideFor(settings, request.namespace, image)
  const limits: readonly (readonly [applies: boolean, mode: Mode])[] = [
    [true, request.mode ?? settings.mode],
    [true, own.checks?.[check] ?? settings.checks[check]],
    [true, own.causes?.[cause.id] ?? settings.causes[cause.id] ?? 'enforce'],
    [notKnown.includes(cause), own.onUnknown ?? settings.onUnknown],
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
    fc.property(settings, request, trouble, (settings, request, trouble) => {
      const { check, cause, image } = trouble
      const acts = rank(modeFor(policyOf(settings, request), check, cause, image))
      return acts === Math.max(...limitsOn(settings, request, trouble).map(rank))
    }),
    { numRuns: 500 },
  )
  t.pass()
})

const onlyPay = { images: isPay, checks: {}, causes: {} }
const overridden: readonly (readonly [
  what: string,
  overrides: readonly Override[],
  request: Partial<PolicyRequest>,
  trouble: readonly [cause: Cause, image: string],
  mode: Mode,
])[] = [
  [
    'a namespace, milder',
    [{ namespaces: isShop, checks: { 'image-pullable': 'warn' }, causes: {} }],
    {},
    [certain, 'a:1'],
    'warn',
  ],
  [
    'another namespace',
    [{ namespaces: isTill, checks: { 'image-pullable': 'warn' }, causes: {} }],
    {},
    [certain, 'a:1'],
    'enforce',
  ],
  ['an image', [{ ...onlyPay, checks: { 'image-pullable': 'audit' } }], {}, [certain, 'reg.example/pay:v1'], 'audit'],
  ['another image', [{ ...onlyPay, checks: { 'image-pullable': 'audit' } }], {}, [certain, 'a:1'], 'enforce'],
  [
    'what is about no image is not of those images',
    [{ ...onlyPay, causes: { 'secret-absent': 'audit' } }],
    {},
    [secretAbsent, ''],
    'enforce',
  ],
  ['and is of all images', [{ checks: {}, causes: { 'secret-absent': 'audit' } }], {}, [secretAbsent, ''], 'audit'],
  ['harder than onUnknown', [{ checks: {}, causes: {}, onUnknown: 'enforce' }], {}, [unknown, 'a:1'], 'enforce'],
  [
    'never harder than the path',
    [{ checks: {}, causes: {}, onUnknown: 'enforce' }],
    { mode: 'warn' },
    [unknown, 'a:1'],
    'warn',
  ],
  [
    'the first that fits, and no second one',
    [
      { namespaces: isTill, checks: { 'image-pullable': 'ignore' }, causes: {} },
      { namespaces: isShop, checks: {}, causes: {} },
      { checks: { 'image-pullable': 'audit' }, causes: {} },
    ],
    {},
    [certain, 'a:1'],
    'enforce',
  ],
]

t.test('overrides', async (t) => {
  for (const [what, overrides, asked, [trouble, image], expected] of overridden)
    t.equal(modeFor(policyFor({ overrides }, asked), 'image-pullable', trouble, image), expected, what)
  const milder = policyFor({
    checks: { 'image-pullable': 'warn' },
    overrides: [{ ...onlyPay, checks: { 'image-pullable': 'enforce' } }],
  })
  t.equal(
    modeFor(milder, 'image-pullable', certain, 'reg.example/pay:v1'),
    'enforce',
    'harder than the check elsewhere',
  )
  t.equal(modeFor(milder, 'image-pullable', certain, 'a:1'), 'warn')
})

t.test('a check that cannot act is not active', async (t) => {
  fc.assert(
    fc.property(settings, request, trouble, (settings, request, { check, cause, image }) => {
      const policy = policyOf(settings, request)
      return isActive(policy, check, image) || modeFor(policy, check, cause, image) === 'ignore'
    }),
  )
  t.equal(isActive(policyFor({ checks: { 'latest-tag': 'ignore' } }), 'latest-tag', 'reg.example/pay:v1'), false)
  t.equal(isActive(policyFor({ checks: { 'latest-tag': 'audit' } }), 'latest-tag', 'reg.example/pay:v1'), true)
  t.equal(isActive(policyFor({ suspended: true }), 'latest-tag', 'reg.example/pay:v1'), false)
  t.equal(
    isActive(policyFor({ onUnknown: 'ignore' }), 'image-pullable', 'reg.example/pay:v1'),
    true,
    'what is certain still counts',
  )
})

t.test('the operator’s words reach the policy', async (t) => {
  const { checks, causes, onUnknown } = policyOf(settingsOf({ causes: { 'rate-limited': 'audit' } }), requestOf())
  t.strictSame([Object.keys(checks), causes, onUnknown], [checkIds, { 'rate-limited': 'audit' }, 'warn'])
})
