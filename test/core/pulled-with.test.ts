/** Objects of custom kinds from request to decision: what is asked with whose credentials, and what is not. */
import fc from 'fast-check'
import t from 'tap'
import type { Admission } from '../../src/core/admission.ts'
import type { Outcome, SecretFact } from '../../src/core/facts.ts'
import { type Judged, judgeAdmission } from '../../src/core/judge.ts'
import { kindTable } from '../../src/core/kind-table.ts'
import type { KindPaths } from '../../src/core/kinds.ts'
import { planOf } from '../../src/core/lifecycle.ts'
import { workloadsOf } from '../../src/core/workload.ts'
import { settingsOf } from '../support/policies.ts'
import {
  attemptOf,
  contextOf,
  countedPorts,
  credentialsOf,
  found,
  hidden,
  probeOf,
  refused,
  tagAbsent,
} from '../support/ports.ts'
import { admissionOf } from '../support/workloads.ts'

const till: KindPaths = {
  group: 'shop.example.com',
  kind: 'Till',
  podSpecs: ['spec.drawers[].spec'],
  images: ['spec.image', 'spec.drawers[].spec.printer.image'],
  pullSecrets: ['spec.pullSecrets[]'],
  serviceAccount: 'spec.account',
  templated: true,
}
const image: KindPaths = { group: 'shop.example.com', kind: 'Poster', images: ['spec.image'] }
const kinds = kindTable([till, image])

const requestFor = (kind: string, spec: object, tweak: Partial<Admission> = {}): Admission =>
  admissionOf(
    'Pod',
    { metadata: { name: 'front', namespace: 'shop' }, spec },
    {
      group: 'shop.example.com',
      version: 'v1',
      kind,
      ...tweak,
    },
  )

const container = (name: string, more: object = {}) => ({
  containers: [{ name, image: `reg.example/${name}:v1` }],
  ...more,
})

type Story = Judged & {
  /** `ACCOUNT: SECRETS`, one for each question to the cluster. */
  readonly credentials: readonly string[]
  readonly probed: readonly string[]
  readonly skips: readonly string[]
}

const judge = async (admission: Admission, outcome: Outcome = found): Promise<Story> => {
  const credentials: string[] = []
  const counted = countedPorts(
    async () => probeOf(attemptOf(outcome)),
    async ({ serviceAccount, namesPullSecrets, pullSecrets }) => {
      const named = pullSecrets.map((secret): SecretFact => ({ ...secret, state: 'usable', keys: [] }))
      credentials.push(namesPullSecrets ? named.map(({ name }) => name).join(' ') : serviceAccount)
      return credentialsOf(named)
    },
  )
  const evaluator = {
    ports: counted.ports,
    nodeCredentials: () => false,
    proxyCaches: () => false,
    now: () => '2026-11-20T00:00:00Z',
  }
  const judged = await judgeAdmission(admission, settingsOf({ kinds }), evaluator, {
    mode: undefined,
    context: contextOf(),
  })
  const skips = (judged.evaluation?.results ?? []).flatMap((result) =>
    result.outcome === 'skip' ? [`${result.check} ${result.fieldPath}: ${result.reason}`] : [],
  )
  return { ...judged, credentials, probed: counted.images(), skips }
}

t.test('each PodSpec is pulled with its own secrets, and there is one decision', async (t) => {
  const spec = {
    image: 'reg.example/till:v1',
    pullSecrets: ['common'],
    drawers: [
      {
        name: 'a',
        spec: container('a', { imagePullSecrets: [{ name: 'own' }], printer: { image: 'reg.example/p:v1' } }),
      },
      { name: 'b', spec: container('b') },
    ],
  }
  const { credentials, probed, decision, evaluation } = await judge(requestFor('Till', spec), tagAbsent)
  // What is held against an image is asked again with secrets read anew.
  t.strictSame([...new Set(credentials)].toSorted(), ['common', 'own'])
  t.strictSame(
    [...new Set(probed)].toSorted(),
    ['a', 'b', 'p', 'till'].map((name) => `reg.example/${name}:v1`),
  )
  t.strictSame(decision.denials.map(({ fieldPath }) => fieldPath).toSorted(), [
    'spec.drawers[0].spec.containers[0].image',
    'spec.drawers[0].spec.printer.image',
    'spec.drawers[1].spec.containers[0].image',
    'spec.image',
  ])
  t.equal(evaluation?.images.length, 4)
  t.strictSame(
    evaluation?.workloads.map(({ pullSecrets }) => pullSecrets.map(({ fieldPath }) => fieldPath)),
    [['spec.drawers[0].spec.imagePullSecrets[0].name'], ['spec.pullSecrets[0]']],
  )
})

t.test('a secret that several parts share is told of once', async (t) => {
  const drawer = (name: string) => ({ name, spec: container(name, { nodeSelector: { drawer: name } }) })
  const spec = { pullSecrets: ['gone'], drawers: [drawer('a'), drawer('b')] }
  const absent = async () => credentialsOf([{ name: 'gone', fieldPath: 'spec.pullSecrets[0]', state: 'absent' }])
  const { ports } = countedPorts(undefined, absent)
  const { decision, evaluation } = await judgeAdmission(
    requestFor('Till', spec),
    settingsOf({ kinds }),
    { ports, nodeCredentials: () => false, proxyCaches: () => false, now: () => '' },
    { mode: undefined, context: contextOf() },
  )
  t.equal(evaluation?.workloads.length, 2)
  t.strictSame(
    decision.denials.map(({ cause, fieldPath }) => `${cause} ${fieldPath}`),
    ['secret-absent spec.pullSecrets[0]'],
  )
})

t.test('templated: placeholders are skipped with a reason wherever they stand', async (t) => {
  const images = await judge(
    requestFor('Till', { image: '{{ till }}', drawers: [{ spec: container('a') }] }),
    tagAbsent,
  )
  t.strictSame(images.probed, ['reg.example/a:v1'])
  t.strictSame(
    images.skips,
    ['valid-reference', 'latest-tag', 'image-pullable'].map((check) => `${check} spec.image: to be filled in`),
  )
  for (const spec of [{ pullSecrets: ['$(secret)'] }, { account: '${ACCOUNT}' }]) {
    const later = await judge(requestFor('Till', { image: 'reg.example/till:latest', ...spec }), refused('anonymous'))
    t.strictSame([later.credentials, later.probed], [[], []], 'nobody is asked with what is not known yet')
    t.strictSame(
      later.decision.denials.map(({ cause }) => cause),
      ['latest-tag'],
      'the rest is judged',
    )
    t.ok(later.skips.includes('image-pullable spec.image: what it is pulled with is to be filled in'))
  }
  t.ok(
    (await judge(requestFor('Till', { image: 'reg.example/a:v1', pullSecrets: ['{{s}}'] }))).skips.includes(
      'pull-secrets spec.pullSecrets[0]: pull secrets or service account are to be filled in',
    ),
  )
  const plain = await judge(requestFor('Poster', { image: '{{ poster }}' }))
  t.match(plain.decision.denials, [{ cause: 'reference-invalid' }], 'in other kinds it is just wrong')
  const unclosed = await judge(requestFor('Till', { image: 'reg.example/{{a' }))
  t.match(unclosed.decision.denials, [{ cause: 'reference-invalid' }], 'and where it never ends')
})

t.test('a missing image is left to the operator', async (t) => {
  const spec = { image: null, drawers: [{ spec: { containers: [{ name: 'a' }, { name: 'b', image: ' ' }] } }] }
  const { decision, probed, outcome } = await judge(requestFor('Till', spec))
  t.strictSame([decision.allowed, probed, outcome], [true, [], 'evaluated'])
  t.equal((await judge(requestFor('Till', { image: 7, drawers: 'none' }))).outcome, 'no-images')
})

t.test('a kind that does not tell what its image is pulled with is asked about without credentials', async (t) => {
  const poster = (outcome: Outcome) => judge(requestFor('Poster', { image: 'reg.example/poster:v1' }), outcome)
  t.match(await poster(tagAbsent), { credentials: [], decision: { denials: [{ cause: 'tag-absent' }] } })
  for (const outcome of [refused('anonymous'), hidden('repository'), hidden('tag')]) {
    const { decision, probed, evaluation } = await poster(outcome)
    t.strictSame([decision.allowed, decision.warnings, decision.audits], [true, [], []], 'silently')
    t.equal(probed.length, 1)
    t.match(evaluation?.images, [{ verdict: 'unknown' }])
  }
})

t.test('a template that names nothing is not judged as the default account, though it may name one', async (t) => {
  const spec = { image: 'reg.example/till:v1', drawers: [{ spec: container('a') }] }
  const silent = await judge(requestFor('Till', spec), refused('anonymous'))
  t.match(silent, { credentials: [], decision: { allowed: true } })
  t.equal(silent.probed.length, 2)
  const told = await judge(requestFor('Till', { ...spec, account: 'clerk' }), refused('anonymous'))
  t.match(told.decision, { allowed: false })
  t.strictSame([...new Set(told.credentials)], ['clerk'])
  const plain = kindTable([{ ...till, templated: false }])
  const kind = plain.get('shop.example.com/Till')
  if (kind === undefined) throw new Error('the table has it')
  const workloads = workloadsOf(kind, { spec }, 'shop')
  t.strictSame(
    workloads.map(({ serviceAccount, withoutCredentials }) => [serviceAccount, withoutCredentials]),
    [['default', undefined]],
    'nobody fills this one in',
  )
})

t.test('outside namespaces: references and tags only', async (t) => {
  const request = (image: string) =>
    requestFor(
      'Till',
      { image, pullSecrets: ['a'] },
      { namespace: '', object: { metadata: { name: 'x' }, spec: { image } } },
    )
  const good = await judge(request('reg.example/till:v1'), tagAbsent)
  t.match(good, { credentials: [], probed: [], decision: { allowed: true, warnings: [] } })
  t.match(good.evaluation?.images, [{ verdict: 'unknown' }])
  t.match((await judge(request('reg.example/till'))).decision.denials, [{ cause: 'tag-omitted' }])
})

t.test('bare images carry the pull policy that stands beside them', async (t) => {
  const { probed, skips } = await judge(requestFor('Poster', { image: 'reg.example/p:v1', imagePullPolicy: 'Never' }))
  t.strictSame(probed, [])
  t.match(skips, ['image-pullable spec.image: imagePullPolicy is Never'])
})

t.test('the parts of one object share the room for questions', async (t) => {
  const drawers = Array.from({ length: 200 }, (_, index) => ({
    name: `d${index}`,
    spec: {
      ...container('a'),
      containers: [...container('a').containers, { name: 'b', image: `reg.example/b:v${index}` }],
      imagePullSecrets: [{ name: `s${index}` }],
    },
  }))
  const { credentials, probed, decision } = await judge(requestFor('Till', { drawers }))
  t.ok(probed.length <= 256 && credentials.length <= 128, `${probed.length} images, ${credentials.length} lists`)
  t.match(decision.warnings.at(-1), { cause: 'deadline-exceeded' }, 'the rest is unknown, and told')
})

const drawer = (name: string, tag: string, more: object = {}) => ({
  name,
  spec: { containers: [{ name: 'c', image: `reg.example/${name}:${tag}` }], ...more },
})
const before = { image: 'reg.example/till:v1', pullSecrets: ['a'], drawers: [drawer('x', 'v1'), drawer('y', 'v1')] }
/** What changes -> the images judged, by the last part of their names. */
const changes: readonly (readonly [what: string, tweak: object, judged: readonly string[]])[] = [
  ['nothing', {}, []],
  ['another field', { colour: 'red' }, []],
  ['the order of list elements with names', { drawers: before.drawers.toReversed() }, []],
  ['a new element before the others', { drawers: [drawer('z', 'v1'), ...before.drawers] }, ['z:v1']],
  ['an image in one of them', { drawers: [drawer('x', 'v2'), drawer('y', 'v1')] }, ['x:v2']],
  [
    'two images changing places',
    {
      drawers: [
        { ...drawer('y', 'v1'), name: 'x' },
        { ...drawer('x', 'v1'), name: 'y' },
      ],
    },
    ['y:v1', 'x:v1'],
  ],
  ['an image string', { image: 'reg.example/till:v2' }, ['till:v2']],
  ['pull secrets of the whole object', { pullSecrets: ['b'] }, ['x:v1', 'y:v1', 'till:v1']],
  [
    'own pull secrets for one',
    { drawers: [drawer('x', 'v1', { imagePullSecrets: [{ name: 'b' }] }), drawer('y', 'v1')] },
    ['x:v1'],
  ],
  ['the account', { account: 'other' }, ['x:v1', 'y:v1', 'till:v1']],
]

t.test('an update of a custom kind is judged for what it changes', async (t) => {
  const oldObject = { metadata: { name: 'front' }, spec: before }
  for (const [what, tweak, judged] of changes) {
    const plan = planOf(requestFor('Till', { ...before, ...tweak }, { operation: 'UPDATE', oldObject }), kinds)
    const images = plan.judge ? plan.workloads.flatMap(({ images }) => images.map(({ image }) => image.slice(12))) : []
    t.strictSame(images, judged, what)
  }
})

t.test('the life of an object of a custom kind', async (t) => {
  const because = (tweak: Partial<Admission>, spec: object = before) => {
    const plan = planOf(requestFor('Till', spec, tweak), kinds)
    return plan.judge ? plan.owned : plan.because
  }
  const deleting = { metadata: { name: 'x', deletionTimestamp: '2026-11-20T00:00:00Z' }, spec: before }
  const held = { metadata: { ownerReferences: [{ kind: 'Shop', name: 's', controller: true }] }, spec: before }
  t.equal(because({}), false)
  t.equal(because({ object: held, user: { username: 'system:serviceaccount:shop:operator', groups: [] } }), true)
  t.equal(because({ operation: 'DELETE' }), 'operation')
  t.equal(because({ object: deleting }), 'deleting')
  for (const subresource of ['status', 'scale', 'anything']) t.equal(because({ subresource }), 'subresource')
  t.equal(because({ kind: 'Unknown' }), 'not-a-workload')
  t.equal(planOf(requestFor('Till', before)).judge, false, 'the shipped table does not know it')
  const podOfAnother = admissionOf('Pod', held, { group: 'pods.example.com' })
  t.match(planOf(podOfAnother, kindTable([{ group: 'pods.example.com', kind: 'Pod', podSpecs: ['spec'] }])), {
    judge: false,
  })
})

t.test('a row of the configuration replaces the shipped one', async (t) => {
  const own = kindTable([{ group: 'argoproj.io', kind: 'Rollout', images: ['spec.image'] }])
  const object = { metadata: {}, spec: { image: 'a:1', template: { spec: container('b') } } }
  const kind = own.get('argoproj.io/Rollout')
  t.ok(kind !== undefined)
  if (kind !== undefined) t.match(workloadsOf(kind, object, 'shop'), [{ images: [{ image: 'a:1' }] }])
  t.throws(() => kindTable([{ group: '', kind: 'X', images: ['a[0]'] }]), /a\[0\]/)
})

t.test('no object and no row of paths makes it throw', async (t) => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      fc.jsonValue(),
      fc.array(tie('tree'), { maxLength: 4 }),
      fc.dictionary(
        fc.constantFrom('spec', 'containers', 'image', 'name', 'imagePullSecrets', '__proto__'),
        tie('tree'),
      ),
    ),
  }))
  const step = fc.constantFrom('spec', 'spec[]', 'spec{*}', 'containers[]', 'image', 'name', '__proto__')
  const path = fc.array(step, { minLength: 1, maxLength: 4 }).map((steps) => steps.join('.'))
  const row = fc.record({
    podSpecs: fc.array(path, { maxLength: 3 }),
    images: fc.array(path, { maxLength: 3 }),
    pullSecrets: fc.array(path, { maxLength: 2 }),
    serviceAccount: path,
    templated: fc.boolean(),
  })
  fc.assert(
    fc.property(row, tree, tree, (paths, object, oldObject) => {
      const table = kindTable([{ group: 'shop.example.com', kind: 'Wild', ...paths }])
      const request = requestFor('Wild', {}, { operation: 'UPDATE', object, oldObject })
      const same = planOf({ ...request, oldObject: structuredClone(object) }, table)
      const plan = planOf(request, table)
      const fields = plan.judge ? plan.workloads.flatMap(({ images }) => images.map(({ fieldPath }) => fieldPath)) : []
      return !same.judge || object === null ? fields.every((field) => field !== '') : false
    }),
  )
  t.pass()
})
