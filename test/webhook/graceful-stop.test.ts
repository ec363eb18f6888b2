import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import type { Judged } from '../../src/webhook/judge.ts'
import { authority } from './certificates.ts'
import { judged } from './findings.ts'
import { podCreate } from './recordings.ts'
import { answer, ask, keepAliveAgent, review, serverUnderTest } from './server-under-test.ts'

/** A judge whose answers wait for the test. */
const heldJudge = () => {
  const waiting: (() => void)[] = []
  let arrived: () => void = () => undefined
  return {
    judge: () =>
      new Promise<Judged>((resolve) => {
        waiting.push(() => {
          resolve(judged())
        })
        arrived()
      }),
    arrival: () => new Promise<void>((resolve) => (arrived = resolve)),
    release: () => {
      for (const answer of waiting.splice(0)) answer()
    },
  }
}

await t.test('ready no more at once, and requests go on being answered', async (t) => {
  const { server, metricsUrl } = await serverUnderTest(t)
  const stopped = server.stop({ delayMilliseconds: 1500, limitMilliseconds: 5000 })
  t.match(await answer(ask(server).end()), { code: 503, body: /\[-\]shutdown failed: stopping/ })
  t.equal((await fetch(`${metricsUrl}/readyz`)).status, 503)
  t.equal((await fetch(`${metricsUrl}/livez`)).status, 200)
  const reply = await answer(review(server, keepAliveAgent(t)).end(podCreate.body))
  t.match(reply, { code: 200, headers: { connection: 'close' } })
  t.equal(server.stop({ delayMilliseconds: 0, limitMilliseconds: 0 }), stopped, 'a second stop is the first')
  await stopped
  await t.rejects(answer(ask(server).end()), { code: 'ECONNREFUSED' })
  await t.rejects(fetch(`${metricsUrl}/livez`))
})

await t.test('what is under way when the port closes is answered', async (t) => {
  const held = heldJudge()
  const { server } = await serverUnderTest(t, { judge: held.judge })
  const idle = keepAliveAgent(t)
  await answer(ask(server, { agent: idle }).end())
  const arrival = held.arrival()
  const reply = answer(review(server, keepAliveAgent(t)).end(podCreate.body))
  await arrival
  const stopped = server.stop({ delayMilliseconds: 0, limitMilliseconds: 20_000 })
  // The port is closed as soon as the delay is over; only then is there something to prove.
  let closed = false
  while (!closed)
    closed = await answer(ask(server).end()).then(
      () => false,
      () => true,
    )
  held.release()
  t.match(await reply, { code: 200, headers: { connection: 'close' } })
  await stopped
})

await t.test('under load no call fails', async (t) => {
  const { server } = await serverUnderTest(t)
  const agent = keepAliveAgent(t, 8)
  const load = { going: true, answered: 0 }
  const worker = async (): Promise<void> => {
    while (load.going) {
      const { code } = await answer(review(server, agent).end(podCreate.body))
      if (code !== 200) throw new Error(`answered ${code ?? 'nothing'}`)
      load.answered += 1
      if (load.answered === 100) begun()
    }
  }
  let begun: () => void = () => undefined
  const beginning = new Promise<void>((resolve) => (begun = resolve))
  const workers = Array.from({ length: 8 }, worker)
  await beginning
  const stopped = server.stop({ delayMilliseconds: 3000, limitMilliseconds: 20_000 })
  // As endpoints do: some time into the delay nobody is sent here any more.
  const before = load.answered
  while (load.answered < before + 50) await answer(ask(server).end())
  load.going = false
  await t.resolves(Promise.all(workers))
  await stopped
})

await t.test('connections that never ask anything do not hold it up, and the limit ends what never ends', async (t) => {
  const held = heldJudge()
  const { server } = await serverUnderTest(t, { judge: held.judge })
  const silent = connect({ ...server.address, ca: authority.certificate })
  const unfinished = connectPlain(server.address)
  await Promise.all([once(silent, 'secureConnect'), once(unfinished, 'connect')])
  for (const socket of [silent, unfinished]) socket.on('error', () => undefined)
  const closed = Promise.all([once(silent, 'close'), once(unfinished, 'close')])
  const arrival = held.arrival()
  const never = answer(review(server).end(podCreate.body))
  await arrival
  const cutOff = t.rejects(never, { code: 'ECONNRESET' })
  await server.stop({ delayMilliseconds: 0, limitMilliseconds: 300 })
  await Promise.all([closed, cutOff])
})

await t.test('silent connections alone are closed long before the limit', async (t) => {
  const { server } = await serverUnderTest(t)
  const silent = connect({ ...server.address, ca: authority.certificate })
  await once(silent, 'secureConnect')
  const closed = once(silent, 'close')
  await server.stop({ delayMilliseconds: 0, limitMilliseconds: 10 * 60_000 })
  await closed
})
