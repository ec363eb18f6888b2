import t from 'tap'
import { parseDuration } from '../../src/core/duration.ts'
import { openDeadline, planWaiting } from '../../src/webhook/deadline.ts'
import { handDrivenTimer } from './hand-driven-timer.ts'

await t.test('Go durations', async (t) => {
  const table: [string, number | undefined][] = [
    ['500ms', 500],
    ['5s', 5000],
    ['10s', 10_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['1500000us', 1500],
    ['1000µs', 1],
    ['0s', 0],
    ['', undefined],
    ['10', undefined],
    ['s', undefined],
    ['-1s', undefined],
    ['1s ', undefined],
    ['5 s', undefined],
    ['5s5', undefined],
    ['5d', undefined],
    ['1e3s', undefined],
  ]
  for (const [text, milliseconds] of table) t.equal(parseDuration(text), milliseconds, JSON.stringify(text))
})

await t.test('what is left for the world, at least a second before the API server gives up', async (t) => {
  const table: [unknown, boolean, string, number][] = [
    ['10s', false, 'world', 8500],
    ['5s', false, 'world', 3500],
    ['3s', false, 'world', 1750],
    ['2s', false, 'world', 750],
    ['30s', false, 'world', 28_500],
    ['1h', false, 'world', 28_500],
    [undefined, false, 'world', 8500],
    ['soon', false, 'world', 8500],
    ['0s', false, 'world', 8500],
    [['1s', '2s'], false, 'world', 8500],
    ['10s', true, 'world', 1000],
    ['2s', true, 'world', 750],
    ['1250ms', false, 'memory', 100],
    ['1s', false, 'memory', 100],
    ['1s', true, 'memory', 100],
    ['100ms', false, 'memory', 25],
  ]
  for (const [timeout, isAudit, reach, milliseconds] of table) {
    t.strictSame(
      planWaiting(timeout, isAudit),
      { reach, milliseconds },
      `${timeout === undefined ? 'absent' : JSON.stringify(timeout)} ${isAudit ? 'audit' : ''}`,
    )
  }
})

await t.test('due: the signal aborts first, and only after the grace is the wait over', async (t) => {
  const timer = handDrivenTimer()
  const deadline = openDeadline(700, timer.start)
  t.notOk(deadline.signal.aborted)
  timer.ring()
  t.ok(deadline.signal.aborted)
  t.match(deadline.signal.reason, { name: 'TimeoutError' })
  timer.ring()
  await t.rejects(deadline.passed, { name: 'TimeoutError' })
  t.strictSame(timer.started, [700, 250])
  t.equal(timer.running(), 0)
})

await t.test('given up: over at once, with no timer left', async (t) => {
  const timer = handDrivenTimer()
  const deadline = openDeadline(700, timer.start)
  deadline.giveUp()
  t.match(deadline.signal.reason, { name: 'AbortError' })
  await t.rejects(deadline.passed, { name: 'AbortError' })
  t.equal(timer.running(), 0)
})

await t.test('ended: the signal stays as it was and no timer is left, at any stage', async (t) => {
  const timer = handDrivenTimer()
  const inTime = openDeadline(700, timer.start)
  inTime.end()
  t.notOk(inTime.signal.aborted)
  const late = openDeadline(-5, timer.start)
  timer.ring()
  late.end()
  t.equal(timer.running(), 0)
  t.strictSame(timer.started, [700, 0, 250])
})
