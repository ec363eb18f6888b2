import t from 'tap'
import type { Admission } from '../../src/core/admission.ts'
import type { BypassAnswer } from '../../src/core/bypass.ts'
import type { Context } from '../../src/core/facts.ts'
import { judgeAdmission, judgeFault } from '../../src/core/judge.ts'
import { settingsOf } from '../support/policies.ts'
import { attemptOf, contextOf, countedPorts, found, probeOf, tagAbsent, timedOut } from '../support/ports.ts'
import { admissionOf, controlledBy, controllerUser, objectOf, podSpec } from '../support/workloads.ts'

const gone = () => countedPorts(async () => probeOf(attemptOf(tagAbsent)))
const annotated = (reason: unknown): Admission =>
  admissionOf('Deployment', objectOf('Deployment', podSpec(), { annotations: { 'pullgate.dev/bypass': reason } }))

type Setting = {
  readonly answer?: BypassAnswer | 'never'
  readonly counted?: ReturnType<typeof countedPorts>
  readonly settings?: Parameters<typeof settingsOf>[0]
  readonly context?: Partial<Context>
  readonly afterwards?: () => AbortSignal
}

const judge = async (admission: Admission, setting: Setting = {}) => {
  const { answer = { state: 'held' }, counted = gone(), settings = {}, context = {} } = setting
  const asked: unknown[] = []
  const judged = await judgeAdmission(
    admission,
    settingsOf(settings),
    { ports: counted.ports, nodeCredentials: () => false, proxyCaches: () => false, now: () => '2026-11-20T00:00:00Z' },
    {
      mode: undefined,
      ...(setting.afterwards === undefined ? {} : { afterwards: setting.afterwards }),
      context: contextOf(context),
      bypass: async (user, namespace) => {
        asked.push([user.username, namespace])
        return answer === 'never' ? new Promise<never>(() => undefined) : answer
      },
    },
  )
  return { judged, asked }
}

t.test('with a reason and the verb: admitted, and it leaves a trace', async (t) => {
  const { judged, asked } = await judge(annotated(' INC-4711: rollback '))
  t.strictSame(asked, [['ada', 'shop']])
  t.match(judged, {
    outcome: 'bypassed',
    exemptions: ['bypass'],
    annotations: { bypass: 'INC-4711: rollback' },
    decision: { allowed: true, denials: [], warnings: [{ cause: 'tag-absent', mode: 'warn' }] },
  })
  t.matchSnapshot(judged.notices, 'what the user is told')
  t.notOk('advice' in judged)
})

const unheeded: readonly (readonly [what: string, reason: unknown, answer: BypassAnswer, asked: number])[] = [
  ['without the verb', 'because', { state: 'not-held' }, 1],
  ['without an answer', 'because', { state: 'unknown', why: 'the API server did not answer in time' }, 1],
  ['with an empty reason', '', { state: 'held' }, 0],
  ['with a blank reason', ' \t ', { state: 'held' }, 0],
  ['with a reason that is no text', 7, { state: 'held' }, 0],
]

t.test('otherwise it is judged as ever, and the user is told why', async (t) => {
  for (const [what, reason, answer, times] of unheeded) {
    const { judged, asked } = await judge(annotated(reason), { answer })
    t.match(judged, { outcome: 'evaluated', decision: { allowed: false } }, what)
    t.equal(asked.length, times, what)
    t.notOk('exemptions' in judged, what)
    t.matchSnapshot(judged.notices, what)
  }
  const { judged } = await judge(annotated('because'), { answer: { state: 'not-held' } })
  t.matchSnapshot(judged.advice, 'the last line of the denial')
})

t.test('a denial names the way past it, also to who has not asked for it', async (t) => {
  const { judged, asked } = await judge(admissionOf('Deployment', objectOf('Deployment')))
  t.match(judged, {
    decision: { allowed: false },
    notices: [],
    advice: /annotate it with pullgate\.dev\/bypass: "REASON"/,
  })
  t.strictSame(asked, [])
})

t.test('asked only when a denial is due', async (t) => {
  const quiet: readonly (readonly [what: string, setting: Setting])[] = [
    ['nothing wrong', { counted: countedPorts(async () => probeOf(attemptOf(found))) }],
    ['a warning', { counted: countedPorts(async () => probeOf(attemptOf(timedOut))) }],
    ['audit', { settings: { mode: 'audit' } }],
    ['ignored', { settings: { mode: 'ignore' } }],
    ['suspended', { settings: { suspended: true } }],
  ]
  for (const [what, setting] of quiet) {
    const { judged, asked } = await judge(annotated('because'), setting)
    t.strictSame([judged.decision.allowed, asked, judged.notices ?? []], [true, [], []], what)
  }
})

t.test('made by a controller, or without time: nobody is asked', async (t) => {
  const metadata = { ...controlledBy('ReplicaSet', 'pay-7d4b'), annotations: { 'pullgate.dev/bypass': 'because' } }
  const owned = admissionOf('Pod', objectOf('Pod', podSpec(), metadata), { user: controllerUser })
  for (const [admission, setting] of [
    [owned, { settings: { owned: 'enforce' } }],
    [annotated('because'), { context: { reach: 'memory' } }],
  ] as const) {
    const { judged, asked } = await judge(admission, setting)
    t.match(judged, { decision: { allowed: false }, notices: [/nobody was to be asked/] })
    t.strictSame(asked, [])
  }
})

t.test('an API server that does not answer costs no more than the time there is', async (t) => {
  const deadline = new AbortController()
  const judging = judge(annotated('because'), { answer: 'never', context: { signal: deadline.signal } })
  setImmediate(() => {
    deadline.abort()
  })
  t.match((await judging).judged, { decision: { allowed: false }, notices: [/no time left/] })
})

t.test('an image that hangs until the answer is due takes nothing from the bypass', async (t) => {
  const deadline = new AbortController()
  const admission = admissionOf(
    'Deployment',
    objectOf(
      'Deployment',
      podSpec({ containers: ['gone', 'hangs'].map((name) => ({ name, image: `reg.example/${name}:v1` })) }),
      { annotations: { 'pullgate.dev/bypass': 'because' } },
    ),
  )
  const hanging = () =>
    countedPorts(async ({ path }) =>
      path === 'hangs' ? new Promise<never>(() => undefined) : probeOf(attemptOf(tagAbsent)),
    )
  setImmediate(() => {
    deadline.abort()
  })
  const context = { signal: deadline.signal }
  const lively = () => new AbortController().signal
  const { judged, asked } = await judge(admission, { counted: hanging(), context, afterwards: lively })
  t.match(judged, { outcome: 'bypassed', decision: { allowed: true } })
  t.equal(asked.length, 1)
  const late = await judge(admission, { counted: hanging(), context })
  t.match(late.judged, { decision: { allowed: false }, notices: [/no time left/] })
  t.strictSame(late.asked, [], 'with no time at all nobody is asked')
})

t.test('a denial by a fault of ours names the bypass, and says that it was not heeded', async (t) => {
  const settings = settingsOf({ onUnknown: 'enforce' })
  const told = judgeFault(annotated('because'), settings, undefined, 'it failed')
  t.match(told, {
    decision: { allowed: false },
    notices: [/is not heeded: Pullgate failed/],
    advice: /pullgate.dev\/bypass/,
  })
  t.match(judgeFault(admissionOf('Deployment', objectOf('Deployment', podSpec())), settings, undefined, 'it failed'), {
    decision: { allowed: false },
    notices: [],
  })
  t.notOk('advice' in judgeFault(annotated('because'), settingsOf(), undefined, 'it failed'), 'where nothing is denied')
})

t.test('names of strangers stay within their bounds', async (t) => {
  const admission = { ...annotated('x'.repeat(5000)), user: { username: `a\n${'b'.repeat(5000)}`, groups: [] } }
  for (const answer of [{ state: 'held' }, { state: 'not-held' }] as const) {
    const { judged } = await judge(admission, { answer })
    for (const notice of judged.notices ?? []) {
      t.ok(notice.length <= 256, String(notice.length))
      t.notMatch(notice, /\n/)
    }
  }
})
