import { once } from 'node:events'
import { type IncomingMessage, request as send } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { appUnderTest, json, portOf } from './app-under-test.ts'
import { handDrivenTimer } from './hand-driven-timer.ts'
import { podCreate } from './recordings.ts'

const answerOf = async (request: ReturnType<typeof send>) => {
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return { code: response.statusCode, headers: response.headers, body: await text(response) }
}

await t.test('a client that goes away aborts the signal and is not answered', async (t) => {
  const timer = handDrivenTimer()
  let began: (signal: AbortSignal) => void = () => undefined
  const judging = new Promise<AbortSignal>((resolve) => (began = resolve))
  const { app, lines, answered } = appUnderTest(t, {
    startTimer: timer.start,
    judge: async (_, { signal }) => {
      began(signal)
      return new Promise(() => undefined)
    },
  })
  const port = await portOf(app)
  const request = send({ port, host: '127.0.0.1', method: 'POST', path: '/validate/enforce', headers: json })
  request.on('error', () => undefined)
  request.end(podCreate.body)
  const signal = await judging
  const aborted = once(signal, 'abort')
  request.destroy()
  await aborted
  t.equal((signal.reason as Error).name, 'AbortError')
  // Another request, so that whatever would have been said about the first has been said.
  await answerOf(send({ port, host: '127.0.0.1', path: '/livez', agent: false }).end())
  t.equal(answered.length, 0)
  t.match(lines, [{ level: 'warn', message: /hung up/ }])
  t.equal(timer.running(), 0)
})

await t.test('on a real connection', async (t) => {
  const { app } = appUnderTest(t)
  const port = await portOf(app)
  const options = {
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/validate/enforce',
    headers: json,
    agent: false as const,
  }

  await t.test('a chunked body is accepted', async (t) => {
    const request = send({ ...options, headers: { ...json, 'transfer-encoding': 'chunked' } })
    request.write(podCreate.body.slice(0, 100))
    request.end(podCreate.body.slice(100))
    t.equal((await answerOf(request)).code, 200)
  })

  await t.test('over the limit is 413, with and without a length', async (t) => {
    const body = Buffer.alloc(9 * 1024 * 1024, ' ')
    t.equal(
      (await answerOf(send({ ...options, headers: { ...json, 'content-length': body.length } }).end(body))).code,
      413,
    )
    const chunked = send({ ...options, headers: { ...json, 'transfer-encoding': 'chunked' } })
    t.equal((await answerOf(chunked.end(body))).code, 413)
    const unknown = send({ ...options, path: '/elsewhere', headers: { ...json, 'content-length': body.length } })
    t.equal((await answerOf(unknown.end(body))).code, 404)
  })

  await t.test(
    'a client that leaves in the middle of its body, and one that speaks no HTTP, harm nobody',
    async (t) => {
      const half = send({ ...options, headers: { ...json, 'content-length': 5000 } })
      half.on('error', () => undefined)
      half.write('{"apiVersion":')
      await once(half, 'socket')
      half.destroy()
      const noise = connect({ port, host: '127.0.0.1' })
      noise.end('\u0016\u0003\u0001 nonsense\r\n\r\n')
      t.match(await text(noise), /^HTTP\/1\.1 400/)
      t.equal((await answerOf(send(options).end(podCreate.body))).code, 200)
    },
  )

  await t.test('a connection is kept for longer than the API server keeps it', async (t) => {
    const kept = await answerOf(
      send({ ...options, headers: { ...json, connection: 'keep-alive' } }).end(podCreate.body),
    )
    t.equal(kept.headers.connection, 'keep-alive')
    t.equal(kept.headers['keep-alive'], 'timeout=120')
    t.equal(kept.headers['retry-after'], undefined)
  })
})
