import t from 'tap'
import type { Admission } from '../../src/core/admission.ts'
import type { Exemptions } from '../../src/core/exemption.ts'
import { judgeAdmission, judgeFault } from '../../src/core/judge.ts'
import type { Override } from '../../src/core/policy.ts'
import { exemptionsOf, settingsOf } from '../support/policies.ts'
import {
  absentSecret,
  attemptOf,
  contextOf,
  countedPorts,
  credentialsOf,
  probeOf,
  tagAbsent,
} from '../support/ports.ts'
import { admissionOf, objectOf, podSpec } from '../support/workloads.ts'

const gone = () => countedPorts(async () => probeOf(attemptOf(tagAbsent)))
const judge = (admission: Admission, counted = gone(), settings: Parameters<typeof settingsOf>[0] = {}) =>
  judgeAdmission(
    admission,
    settingsOf(settings),
    { ports: counted.ports, nodeCredentials: () => false, proxyCaches: () => false, now: () => '2026-11-20T00:00:00Z' },
    { mode: undefined, context: contextOf() },
  )

const user = { username: 'ada', groups: ['platform', 'system:authenticated'] }
const pod = admissionOf('Pod', objectOf('Pod', podSpec({ runtimeClassName: 'kata' })), { user })
const cronJob = admissionOf('CronJob', objectOf('CronJob', podSpec({ runtimeClassName: 'kata' })), { user })

const cases: readonly (readonly [what: string, admission: Admission, exemptions: Partial<Exemptions>, kind: string])[] =
  [
    ['its namespace', pod, { namespaces: (name) => name === 'shop' }, 'namespace'],
    ['its user', pod, { usernames: new Set(['ada']) }, 'user'],
    ['one of its groups', pod, { groups: new Set(['platform']) }, 'group'],
    ['its runtime class', pod, { runtimeClasses: new Set(['kata']) }, 'runtime-class'],
    ['the runtime class of its template', cronJob, { runtimeClasses: new Set(['kata']) }, 'runtime-class'],
  ]

t.test('exempt: allowed, recorded, and nobody is asked', async (t) => {
  for (const [what, admission, tweak, kind] of cases) {
    const counted = gone()
    const judged = await judge(admission, counted, { exemptions: exemptionsOf(tweak) })
    t.match(
      judged,
      {
        decision: { allowed: true },
        outcome: 'exempt',
        exemptions: [kind],
        annotations: { exempt: kind },
      },
      what,
    )
    t.strictSame(counted.asked, [], what)
    const fault = judgeFault(
      admission,
      settingsOf({ onUnknown: 'enforce', exemptions: exemptionsOf(tweak) }),
      'enforce',
      'x',
    )
    t.match(fault, { decision: { allowed: true }, outcome: 'exempt' }, `${what}: also when we fail`)
  }
})

t.test('a runtime class exempts no image outside the PodSpecs that have it', async (t) => {
  const exemptions = exemptionsOf({ runtimeClasses: new Set(['kata']) })
  const exempt = podSpec({ runtimeClassName: 'kata' })
  const ray = (autoscaler: object) =>
    judge(
      admissionOf(
        'Pod',
        { metadata: {}, spec: { headGroupSpec: { template: { spec: exempt } }, ...autoscaler } },
        { group: 'ray.io', version: 'v1', kind: 'RayCluster' },
      ),
      gone(),
      { exemptions },
    )
  t.match(await ray({ autoscalerOptions: { image: 'reg.example/a:v1' } }), { outcome: 'evaluated' })
  t.match(await ray({ autoscalerOptions: { image: ' ' } }), { outcome: 'exempt' })
  t.match(await ray({}), { outcome: 'exempt' })
  const predictor = { ...exempt, model: { image: 'reg.example/model:v1' } }
  const below = admissionOf(
    'Pod',
    { metadata: {}, spec: { predictor } },
    { group: 'serving.kserve.io', version: 'v1beta1', kind: 'InferenceService' },
  )
  t.match(await judge(below, gone(), { exemptions }), { outcome: 'exempt' }, 'one below a PodSpec has its class')
})

t.test('before anything is parsed', async (t) => {
  const explosive = new Proxy({}, { getOwnPropertyDescriptor: () => t.fail('the object is not looked at') as never })
  const admission = admissionOf('Pod', explosive, { user })
  const exemptions = exemptionsOf({ namespaces: () => true })
  t.match(await judge(admission, gone(), { exemptions }), { outcome: 'exempt' })
})

t.test('names are compared exactly, and what is empty exempts nothing', async (t) => {
  const near: readonly Partial<Exemptions>[] = [
    { usernames: new Set(['ad', 'Ada', 'ada*']) },
    { groups: new Set(['plat']) },
    { runtimeClasses: new Set(['KATA', 'kat']) },
    { runtimeClasses: new Set(['']) },
  ]
  for (const tweak of near)
    t.match(await judge(pod, gone(), { exemptions: exemptionsOf(tweak) }), { outcome: 'evaluated' })
})

const two = podSpec({
  containers: [
    { name: 'a', image: 'reg.example/a:v1' },
    { name: 'b', image: 'pause.example/b:latest' },
  ],
})
const isPause = (image: string): boolean => image.startsWith('pause.example/')

t.test('an exempt image is left out, the others are judged', async (t) => {
  const counted = gone()
  const judged = await judge(admissionOf('Pod', objectOf('Pod', two)), counted, {
    exemptions: exemptionsOf({ images: isPause }),
  })
  t.strictSame(counted.images(), ['reg.example/a:v1'])
  t.match(judged, {
    outcome: 'evaluated',
    exemptions: ['image'],
    annotations: { exempt: 'image spec.containers[1].image' },
    decision: { allowed: false },
  })
  t.strictSame(
    judged.decision.denials.map(({ fieldPath }) => fieldPath),
    ['spec.containers[0].image'],
  )
})

t.test('with nothing but exempt images, nothing is left to judge, the pull secrets neither', async (t) => {
  const counted = countedPorts(undefined, async () => credentialsOf([absentSecret]))
  const judged = await judge(admissionOf('Pod', objectOf('Pod', two)), counted, {
    exemptions: exemptionsOf({ images: () => true }),
  })
  t.match(judged, { outcome: 'exempt', exemptions: ['image', 'image'], decision: { allowed: true } })
  t.strictSame(counted.asked, [])
})

t.test('what is exempt does not hide what is otherwise nothing to judge', async (t) => {
  const deletion = admissionOf('Pod', null, { operation: 'DELETE' })
  t.match(await judge(deletion, gone(), { exemptions: exemptionsOf({ images: () => true }) }), { outcome: 'operation' })
  t.match(await judge(pod, gone(), { suspended: true, exemptions: exemptionsOf({ images: () => true }) }), {
    outcome: 'ignored',
  })
})

t.test('an override that switches a check off for some images asks nobody about them', async (t) => {
  const off: Override = { images: isPause, checks: { 'image-pullable': 'ignore', 'latest-tag': 'audit' }, causes: {} }
  const counted = gone()
  const judged = await judge(admissionOf('Pod', objectOf('Pod', two)), counted, { overrides: [off] })
  t.strictSame(counted.images(), ['reg.example/a:v1'])
  t.match(judged.decision, {
    denials: [{ cause: 'tag-absent', image: 'reg.example/a:v1' }],
    audits: [{ cause: 'latest-tag', image: 'pause.example/b:latest' }],
  })
  t.equal(judged.decision.denials.length + judged.decision.audits.length, 2)
})

t.test('an override that switches a check on where it is off', async (t) => {
  const on: Override = { images: isPause, checks: { 'image-pullable': 'enforce' }, causes: {} }
  const counted = gone()
  const settings = { checks: { 'image-pullable': 'ignore', 'latest-tag': 'ignore' }, overrides: [on] } as const
  const { decision } = await judge(admissionOf('Pod', objectOf('Pod', two)), counted, settings)
  t.strictSame(counted.images(), ['pause.example/b:latest'])
  t.match(decision.denials, [{ cause: 'tag-absent', fieldPath: 'spec.containers[1].image' }])
})
