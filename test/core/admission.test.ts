import t from 'tap'
import type { Admission } from '../../src/core/admission.ts'
import type { Context } from '../../src/core/facts.ts'
import { judgeAdmission, judgeFault } from '../../src/core/judge.ts'
import type { Mode } from '../../src/core/policy.ts'
import { settingsOf } from '../support/policies.ts'
import {
  absentSecret,
  attemptOf,
  type CountedPorts,
  contextOf,
  countedPorts,
  credentialsOf,
  nothingRemembered,
  probeOf,
  tagAbsent,
  timedOut,
} from '../support/ports.ts'
import { admissionOf, controlledBy, controllerUser, objectOf, podSpec } from '../support/workloads.ts'

type Settings = Parameters<typeof settingsOf>[0]
type Request = { readonly mode?: Mode; readonly context?: Partial<Context> }

const judge = (admission: Admission, counted: CountedPorts, settings: Settings = {}, request: Request = {}) =>
  judgeAdmission(
    admission,
    settingsOf(settings),
    { ports: counted.ports, nodeCredentials: () => false, proxyCaches: () => false, now: () => '2026-11-20T00:00:00Z' },
    { mode: request.mode, context: contextOf(request.context) },
  )

const gone = () => countedPorts(async () => probeOf(attemptOf(tagAbsent)))
const silent = () => countedPorts(async () => probeOf(attemptOf(timedOut)))
const withoutSecret = () => countedPorts(undefined, async () => credentialsOf([absentSecret]))

const pod = admissionOf('Pod', objectOf('Pod'))
const held = objectOf('Pod', podSpec(), controlledBy('ReplicaSet', 'pay-7d4b'))
const owned = admissionOf('Pod', held, { user: controllerUser })
const idle = admissionOf('ReplicaSet', {
  ...objectOf('ReplicaSet'),
  spec: { replicas: 0, template: { spec: podSpec() } },
})
const deployment = admissionOf('Deployment', objectOf('Deployment'))
const deletion = admissionOf('Pod', null, { operation: 'DELETE' })

/** `denied`, `warned`, `audited` or `silent`, whichever is hardest. */
const actOf = ({ decision }: Awaited<ReturnType<typeof judge>>): string => {
  if (!decision.allowed) return 'denied'
  if (decision.warnings.length > 0) return 'warned'
  return decision.audits.length > 0 ? 'audited' : 'silent'
}

type Case = readonly [
  what: string,
  admission: Admission,
  counted: CountedPorts,
  settings: Settings,
  request: Request,
  act: string,
  outcome: string,
]
const cases: readonly Case[] = [
  ['nothing wrong', pod, countedPorts(), {}, {}, 'silent', 'evaluated'],
  ['certain trouble', pod, gone(), {}, {}, 'denied', 'evaluated'],
  ['no answer', pod, silent(), {}, {}, 'warned', 'evaluated'],
  ['no answer, where that denies', pod, silent(), { onUnknown: 'enforce' }, {}, 'denied', 'evaluated'],
  ['the path is milder', pod, gone(), {}, { mode: 'warn' }, 'warned', 'evaluated'],
  ['the path is milder still', pod, gone(), {}, { mode: 'audit' }, 'audited', 'evaluated'],
  ['the path ignores', pod, gone(), {}, { mode: 'ignore' }, 'silent', 'ignored'],
  ['the configuration ignores', pod, gone(), { mode: 'ignore' }, {}, 'silent', 'ignored'],
  [
    'the path is harder than the configuration',
    pod,
    gone(),
    { mode: 'audit' },
    { mode: 'enforce' },
    'denied',
    'evaluated',
  ],
  ['suspended', pod, gone(), { suspended: true }, { mode: 'enforce' }, 'silent', 'ignored'],
  ['a template', deployment, gone(), {}, {}, 'denied', 'evaluated'],
  ['a template, where Pods are rewritten', deployment, gone(), { templates: 'warn' }, {}, 'warned', 'evaluated'],
  ['a Pod, where Pods are rewritten', pod, gone(), { templates: 'warn' }, {}, 'denied', 'evaluated'],
  ['a controller’s object', owned, gone(), {}, {}, 'audited', 'evaluated'],
  ['a controller’s, warned', owned, gone(), { owned: 'warn' }, {}, 'warned', 'evaluated'],
  ['a controller’s, ignored', owned, gone(), { owned: 'ignore' }, {}, 'silent', 'ignored'],
  ['an idle ReplicaSet', idle, gone(), {}, {}, 'warned', 'evaluated'],
  ['a missing secret', pod, withoutSecret(), {}, {}, 'denied', 'evaluated'],
  ['a missing secret on dry-run', { ...pod, dryRun: true }, withoutSecret(), {}, {}, 'warned', 'evaluated'],
  ['anything else on dry-run', { ...pod, dryRun: true }, gone(), {}, {}, 'denied', 'evaluated'],
  ['a deletion', deletion, gone(), {}, {}, 'silent', 'operation'],
]

t.test('from a request to its decision', async (t) => {
  for (const [what, admission, counted, settings, request, act, outcome] of cases) {
    const judged = await judge(admission, counted, settings, request)
    t.strictSame([actOf(judged), judged.outcome], [act, outcome], what)
    t.equal('evaluation' in judged, outcome === 'evaluated', `${what}: an evaluation only where there was one`)
    if (outcome !== 'evaluated') t.strictSame(counted.asked, [], `${what}: nobody is asked`)
  }
})

t.test('an update that changes nothing asks nobody', async (t) => {
  const counted = gone()
  const update = admissionOf('Pod', objectOf('Pod'), { operation: 'UPDATE', oldObject: objectOf('Pod') })
  t.match(await judge(update, counted), { outcome: 'unchanged', decision: { allowed: true } })
  t.strictSame(counted.asked, [])
})

t.test('a controller’s object is judged from memory alone', async (t) => {
  const counted = gone()
  await judge(owned, counted, { owned: 'enforce' })
  t.strictSame(
    counted.asked.map(({ port, context }) => `${port} ${context.reach}`),
    ['credentials memory', 'probe memory'],
  )
  t.equal(counted.worldly(), 0)
  const forgetful = countedPorts(nothingRemembered, nothingRemembered)
  t.match(await judge(owned, forgetful, { owned: 'enforce', onUnknown: 'enforce' }), {
    decision: { allowed: true },
    evaluation: { images: [{ verdict: 'unknown' }] },
  })
})

t.test('the same object from a user reaches the world', async (t) => {
  const counted = gone()
  t.equal(actOf(await judge({ ...owned, user: pod.user }, counted)), 'denied')
  t.equal(counted.worldly(), 2)
})

t.test('what is handed down is the request’s own', async (t) => {
  const counted = countedPorts()
  const context = contextOf({ lane: 'background', trace: true, perImageMilliseconds: 7 })
  await judge(pod, counted, {}, { context })
  t.ok(counted.asked.every((asked) => asked.context.signal === context.signal && asked.context.trace))
})

type FaultCase = readonly [
  what: string,
  admission: Admission,
  settings: Settings,
  mode: Mode | undefined,
  act: string,
  outcome: string,
]
const faults: readonly FaultCase[] = [
  ['like any unknown', pod, {}, undefined, 'warned', 'fault'],
  ['where unknown denies', pod, { onUnknown: 'enforce' }, 'enforce', 'denied', 'fault'],
  ['where unknown is silent', pod, { onUnknown: 'ignore' }, 'enforce', 'silent', 'fault'],
  ['under audit', pod, { onUnknown: 'enforce' }, 'audit', 'audited', 'fault'],
  [
    'its cause milder',
    pod,
    { onUnknown: 'enforce', causes: { 'internal-error': 'audit' } },
    undefined,
    'audited',
    'fault',
  ],
  ['a controller’s object', owned, { onUnknown: 'enforce' }, 'enforce', 'audited', 'fault'],
  ['an idle ReplicaSet', idle, { onUnknown: 'enforce' }, 'enforce', 'warned', 'fault'],
  ['suspended', pod, { onUnknown: 'enforce', suspended: true }, 'enforce', 'silent', 'ignored'],
  ['nothing to judge', deletion, { onUnknown: 'enforce' }, 'enforce', 'silent', 'operation'],
]

t.test('a fault of ours says nothing about the image', async (t) => {
  for (const [what, admission, settings, mode, act, outcome] of faults) {
    const judged = judgeFault(admission, settingsOf(settings), mode, 'a port failed')
    t.strictSame([actOf(judged), judged.outcome], [act, outcome], what)
  }
  const two = podSpec({
    containers: [
      { name: 'a', image: 'reg.example/a:v1' },
      { name: 'b', image: 'reg.example/b:v1' },
    ],
  })
  const { decision } = judgeFault(admissionOf('Pod', objectOf('Pod', two)), settingsOf(), undefined, 'a port failed')
  t.match(decision.warnings, [
    { cause: 'internal-error', certainty: 'unknown', fieldPath: 'spec.containers[0].image', image: 'reg.example/a:v1' },
    { cause: 'internal-error', fieldPath: 'spec.containers[1].image' },
  ])
  t.matchSnapshot(decision.warnings[0]?.message, 'what a user reads of it')
})
