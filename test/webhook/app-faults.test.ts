import t from 'tap'
import type { AppOptions } from '../../src/webhook/app.ts'
import { appUnderTest, post } from './app-under-test.ts'
import { decision, judged } from './findings.ts'
import { handDrivenTimer } from './hand-driven-timer.ts'
import { podCreate } from './recordings.ts'

const recurse = (): never => recurse()

await t.test('a judge that fails is answered in its place', async (t) => {
  const failing: [what: string, judge: AppOptions['judge']][] = [
    ['rejects', async () => Promise.reject(new Error('boom'))],
    [
      'throws',
      () => {
        throw new Error('boom')
      },
    ],
    ['overflows the stack', async () => recurse()],
  ]
  for (const [what, judge] of failing) {
    const { app, lines } = appUnderTest(t, { judge })
    const response = await post(app, podCreate.body)
    t.equal(response.statusCode, 200, what)
    t.match(response.json(), { response: { allowed: true, warnings: [/boom|call stack/] } }, what)
    t.match(lines, [{ level: 'error' }, { level: 'info', fields: { outcome: 'fault' } }], what)
  }
})

await t.test('when answering for the judge fails too, the object is allowed with a warning', async (t) => {
  const throwing = () => {
    throw new Error('boom')
  }
  const { app, lines } = appUnderTest(t, { judge: throwing, fault: throwing, onAnswered: throwing })
  const response = await post(app, podCreate.body)
  t.equal(response.statusCode, 200)
  t.match(response.json(), {
    response: { allowed: true, warnings: [/has not checked/], auditAnnotations: { 'internal-error': String } },
  })
  t.same(
    lines.map(({ level }) => level),
    ['error', 'error', 'info', 'error'],
  )
})

await t.test('an answer that cannot be encoded is replaced', async (t) => {
  const { app } = appUnderTest(t, {
    judge: async () => ({ decision: decision(), outcome: 'evaluated', notices: [undefined as never] }),
  })
  t.match((await post(app, podCreate.body)).json(), { response: { allowed: true, warnings: [/has not checked/] } })
})

await t.test('a judge that never settles is told, given a grace, and answered in its place', async (t) => {
  const timer = handDrivenTimer()
  let signal: AbortSignal | undefined
  let called: () => void = () => undefined
  const judging = new Promise<void>((resolve) => (called = resolve))
  const { app } = appUnderTest(t, {
    startTimer: timer.start,
    judge: async (_, request) => {
      signal = request.signal
      called()
      return new Promise(() => undefined)
    },
    fault: (_, __, error) => judged({ outcome: (error as Error).name, notices: ['late'] }),
  })
  const answer = post(app, podCreate.body)
  await judging
  t.notOk(signal?.aborted)
  timer.ring()
  t.equal((signal?.reason as Error).name, 'TimeoutError')
  timer.ring()
  t.match((await answer).json(), { response: { allowed: true, warnings: ['late'] } })
  t.equal(timer.running(), 0)
})
