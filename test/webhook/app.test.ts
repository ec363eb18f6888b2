import t from 'tap'
import type { JudgeRequest } from '../../src/webhook/judge.ts'
import { appUnderTest, json, post } from './app-under-test.ts'
import { denied, finding, judged } from './findings.ts'
import { handDrivenTimer } from './hand-driven-timer.ts'
import { podCreate, recordings } from './recordings.ts'

const padded = (bytes: number): string => {
  const review = structuredClone(podCreate.review)
  review.request['object'] = { padding: 'x'.repeat(bytes) }
  return JSON.stringify(review)
}

await t.test('every recorded review is answered with its uid', async (t) => {
  const { app } = appUnderTest(t)
  for (const { name, body, review } of recordings) {
    const response = await post(app, body, { url: '/validate/enforce?timeout=10s' })
    t.equal(response.statusCode, 200, name)
    t.match(response.headers['content-type'], /^application\/json/)
    t.strictSame(response.json(), {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: { uid: review.request.uid, allowed: true },
    })
  }
})

await t.test('the mode is the path, and the deadline becomes the reach', async (t) => {
  const seen: Partial<JudgeRequest>[] = []
  const timer = handDrivenTimer()
  const { app } = appUnderTest(t, {
    judge: async (_, { mode, reach }) => {
      seen.push({ mode, reach })
      return judged()
    },
    startTimer: timer.start,
    configuredMode: () => 'audit',
  })
  for (const url of ['/validate/enforce?timeout=5s', '/validate/warn?timeout=1s', '/validate/audit', '/validate']) {
    await post(app, podCreate.body, { url })
  }
  t.strictSame(seen, [
    { mode: 'enforce', reach: 'world' },
    { mode: 'warn', reach: 'memory' },
    { mode: 'audit', reach: 'world' },
    { mode: undefined, reach: 'world' },
  ])
  t.strictSame(
    timer.started.map((milliseconds) => Math.ceil(milliseconds / 100) * 100),
    [3500, 100, 1000, 1000],
  )
  t.equal(timer.running(), 0, 'no timer outlives its request')
})

await t.test('the time a review took is measured from its arrival', async (t) => {
  const { app, answered } = appUnderTest(t, {
    judge: async () => {
      const started = performance.now()
      while (performance.now() - started < 5);
      return judged()
    },
  })
  await post(app, podCreate.body)
  t.ok((answered[0]?.milliseconds ?? 0) >= 5, String(answered[0]?.milliseconds))
})

await t.test(
  'a denial is HTTP 200 with 403 Forbidden inside, one line in the log, one record for the metrics',
  async (t) => {
    const { app, lines, answered } = appUnderTest(t, { judge: async () => judged({ decision: denied(finding()) }) })
    const response = await post(app, podCreate.body)
    t.equal(response.statusCode, 200)
    t.match(response.json(), { response: { allowed: false, status: { code: 403, reason: 'Forbidden' } } })
    t.equal(answered.length, 1)
    t.equal(lines.length, 1)
    t.match(lines[0], {
      level: 'info',
      message: 'admission',
      fields: {
        decision: 'denied',
        outcome: 'evaluated',
        mode: 'enforce',
        operation: 'CREATE',
        kind: 'Pod',
        namespace: 'shop',
        name: String,
        uid: podCreate.review.request.uid,
        user: 'admin',
        dryRun: false,
        milliseconds: Number,
      },
    })
    t.strictSame(lines[0]?.fields['findings'], [
      {
        check: 'image-pullable',
        cause: 'tag-absent',
        mode: 'enforce',
        fieldPath: 'spec.template.spec.containers[0].image',
        image: 'reg.example/pay:v2.1.3',
      },
    ])
  },
)

await t.test('what is no review is refused clearly, and the server goes on', async (t) => {
  const { app, answered } = appUnderTest(t)
  const changed = (change: (review: typeof podCreate.review & Record<string, unknown>) => void): string => {
    const review = structuredClone(podCreate.review) as typeof podCreate.review & Record<string, unknown>
    change(review)
    return JSON.stringify(review)
  }
  const table: { what: string; body: string | Buffer; code: number; message: RegExp; type?: string }[] = [
    { what: 'malformed JSON', body: podCreate.body.slice(0, -3), code: 400, message: /not valid JSON/ },
    { what: 'text that is no JSON', body: 'hello', code: 400, message: /not valid JSON/ },
    { what: 'an empty body', body: '', code: 400, message: /empty/ },
    {
      what: 'an array',
      body: '[]',
      code: 400,
      message: /not a JSON object; accepted is one with apiVersion "admission/,
    },
    { what: 'null', body: 'null', code: 400, message: /not a JSON object/ },
    { what: 'an empty object', body: '{}', code: 400, message: /got apiVersion none and kind none; accepted is/ },
    {
      what: 'nothing but __proto__',
      body: '{"__proto__": {"apiVersion": "admission.k8s.io/v1"}}',
      code: 400,
      message: /got apiVersion none/,
    },
    {
      what: 'another version',
      body: changed((review) => (review['apiVersion'] = 'admission.k8s.io/v1beta1')),
      code: 400,
      message:
        /got apiVersion "admission.k8s.io\/v1beta1" and kind "AdmissionReview"; accepted is apiVersion "admission.k8s.io\/v1"/,
    },
    { what: 'another kind', body: changed((review) => (review['kind'] = 'Pod')), code: 400, message: /kind "Pod"/ },
    {
      what: 'a huge version',
      body: changed((review) => (review['apiVersion'] = 'x'.repeat(9000))),
      code: 400,
      message: /^.{0,300}$/,
    },
    {
      what: 'no request',
      body: changed((review) => Reflect.deleteProperty(review, 'request')),
      code: 400,
      message: /request/,
    },
    {
      what: 'no uid',
      body: changed(({ request }) => Reflect.deleteProperty(request, 'uid')),
      code: 400,
      message: /uid/,
    },
    { what: 'a blank uid', body: changed(({ request }) => (request.uid = '')), code: 400, message: /uid/ },
    {
      what: 'a number as uid',
      body: changed(({ request }) => ((request['uid'] as unknown) = 1)),
      code: 400,
      message: /uid must be string/,
    },
    {
      what: 'an unknown operation',
      body: changed(({ request }) => (request['operation'] = 'PATCH')),
      code: 400,
      message: /operation/,
    },
    {
      what: 'a string as object',
      body: changed(({ request }) => (request['object'] = 'x')),
      code: 400,
      message: /object/,
    },
    {
      what: 'another content type',
      body: podCreate.body,
      type: 'application/yaml',
      code: 415,
      message: /application\/json/,
    },
    { what: 'text/plain', body: podCreate.body, type: 'text/plain', code: 415, message: /application\/json/ },
    { what: 'a meaningless content type', body: podCreate.body, type: '/', code: 415, message: /application\/json/ },
    { what: '9 MiB', body: padded(9 * 1024 * 1024), code: 413, message: /over 8 MiB/ },
  ]
  for (const { what, body, code, message, type = 'application/json' } of table) {
    const response = await post(app, body, { headers: { 'content-type': type } })
    t.equal(response.statusCode, code, what)
    t.match(response.json(), { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message }, what)
    t.notOk(response.headers['retry-after'], what)
  }
  t.equal(answered.length, 0)
  t.equal((await post(app, podCreate.body)).statusCode, 200, 'a good review is answered after all of them')
})

await t.test('what is unusual but a review is judged', async (t) => {
  const seen: unknown[] = []
  const { app } = appUnderTest(t, {
    judge: async ({ object }) => {
      seen.push(object)
      return judged()
    },
  })
  const inner = podCreate.body.replace('"object":{', '"object":{"__proto__":{"polluted":true},')
  t.equal((await post(app, inner)).statusCode, 200, 'a __proto__ key within the object')
  t.equal(Reflect.get(seen[0] as object, 'polluted'), undefined)
  t.equal(Reflect.get({}, 'polluted'), undefined)
  t.equal((await post(app, padded(2_900_000))).statusCode, 200, '2.9 MB')
  const charset = { 'content-type': 'application/json; charset=utf-8' }
  t.equal((await post(app, podCreate.body, { headers: charset })).statusCode, 200, 'with a charset')
  const authorized = { ...json, authorization: 'Bearer ey.ey.ey' }
  t.equal((await post(app, podCreate.body, { headers: authorized })).statusCode, 200, 'with a bearer token')
  const future = podCreate.body.replace('"request":{', '"request":{"newField":{"a":1},')
  t.equal((await post(app, future)).statusCode, 200, 'with a field of a later Kubernetes')
  t.equal((await post(app, podCreate.body, { url: '/validate?timeout=x&timeout=y' })).statusCode, 200)
})

await t.test('unknown paths and methods', async (t) => {
  const { app } = appUnderTest(t)
  const table: [method: 'GET' | 'PUT' | 'DELETE' | 'POST', url: string, code: number, allow: string | undefined][] = [
    ['GET', '/validate/enforce?timeout=1s', 405, 'POST'],
    ['PUT', '/validate', 405, 'POST'],
    ['DELETE', '/validate/audit', 405, 'POST'],
    ['POST', '/readyz', 405, 'GET, HEAD'],
    ['POST', '/validate/ignore', 404, undefined],
    ['GET', '/', 404, undefined],
    ['GET', '/constructor', 404, undefined],
    ['GET', '/%zz', 400, undefined],
  ]
  for (const [method, url, code, allow] of table) {
    const response = await app.inject({
      method,
      url,
      ...(method === 'GET' ? {} : { payload: 'x', headers: { 'content-type': 'text/plain' } }),
    })
    t.equal(response.statusCode, code, `${method} ${url}`)
    t.equal(response.headers.allow, allow, `${method} ${url}`)
    t.match(response.json(), { kind: 'Status', code })
  }
})

await t.test('health: words on request, and always when something is wrong', async (t) => {
  let ok = true
  const { app } = appUnderTest(t, {
    readiness: () => [
      { name: 'certificate', ok: true },
      { name: 'configuration', ok, why: 'not loaded' },
    ],
  })
  const get = async (url: string) => {
    const { statusCode, body } = await app.inject({ url })
    return [statusCode, body]
  }
  t.strictSame(await get('/livez'), [200, 'ok'])
  t.strictSame(await get('/readyz'), [200, 'ok'])
  t.strictSame(await get('/readyz?verbose'), [200, '[+]certificate ok\n[+]configuration ok\nreadyz check passed\n'])
  ok = false
  t.strictSame(await get('/readyz'), [
    503,
    '[+]certificate ok\n[-]configuration failed: not loaded\nreadyz check failed\n',
  ])
  t.strictSame(await get('/livez'), [200, 'ok'])
})
