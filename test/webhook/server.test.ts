import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { connect } from 'node:tls'
import t from 'tap'
import { createMetrics } from '../../src/webhook/metrics.ts'
import { startServer } from '../../src/webhook/server.ts'
import { checkPair } from '../../src/webhook/serving-certificate.ts'
import { authority, servingPair } from './certificates.ts'
import { judged } from './findings.ts'
import { podCreate } from './recordings.ts'
import { answer, ask, keepAliveAgent, review, serverUnderTest } from './server-under-test.ts'

const fingerprintOf = (certificate: string) => new X509Certificate(certificate).fingerprint256

await t.test('serves reviews over TLS 1.2 and 1.3, HTTP/1.1 only', async (t) => {
  const { server, certificate } = await serverUnderTest(t)
  const reply = await answer(review(server).end(podCreate.body))
  t.match(reply, { code: 200, protocol: 'TLSv1.3', fingerprint: fingerprintOf(certificate.certificate) })
  t.match(JSON.parse(reply.body), { response: { uid: podCreate.review.request.uid, allowed: true } })
  t.equal((await answer(ask(server, { maxVersion: 'TLSv1.2' }).end())).protocol, 'TLSv1.2')
  await t.rejects(answer(ask(server, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' }).end()))
  const socket = connect({ ...server.address, ca: authority.certificate, ALPNProtocols: ['h2', 'http/1.1'] })
  await once(socket, 'secureConnect')
  t.equal(socket.alpnProtocol, 'http/1.1')
  socket.destroy()
})

await t.test('metrics and health over plain HTTP', async (t) => {
  const { metricsUrl, certificate } = await serverUnderTest(t)
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${metricsUrl}${path}`, init)
    return { code: response.status, headers: response.headers, body: await response.text() }
  }
  const { code, headers, body } = await get('/metrics')
  t.equal(code, 200)
  t.match(headers.get('content-type'), /^text\/plain; version=/)
  const expires = new Date(new X509Certificate(certificate.certificate).validTo).getTime() / 1000
  t.match(body, `pullgate_certificate_expiry_timestamp_seconds ${expires}\n`)
  t.match(await get('/livez'), { code: 200, body: 'ok' })
  t.match(await get('/readyz'), { code: 200, body: 'ok' })
  t.match(await get('/readyz?verbose'), { code: 200, body: '[+]certificate ok\n[+]shutdown ok\nreadyz check passed\n' })
  t.match(await get('/'), { code: 404, body: /\/metrics/ })
  const posted = await get('/metrics', { method: 'POST' })
  t.equal(posted.code, 405)
  t.equal(posted.headers.get('allow'), 'GET, HEAD')
  t.equal((await get('//')).code, 400, 'what cannot be a URL')
})

await t.test('a swapped certificate: old connections live on, new ones see it, no option is lost', async (t) => {
  const { server, certificate, metricsUrl } = await serverUnderTest(t)
  const agent = keepAliveAgent(t)
  const before = await answer(review(server, agent).end(podCreate.body))
  const next = servingPair()
  server.swapCertificate(next)

  const request = review(server, agent).end(podCreate.body)
  const after = await answer(request)
  t.ok(request.reusedSocket)
  t.equal(after.fingerprint, before.fingerprint)
  t.equal((await answer(ask(server).end())).fingerprint, fingerprintOf(next.certificate))
  await t.rejects(
    answer(ask(server, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }).end()),
  )

  const other = servingPair()
  const refused: [what: string, pair: typeof other, message: RegExp][] = [
    ['the key of another', { certificate: other.certificate, key: certificate.key }, /does not belong/],
    ['half a certificate', { ...other, certificate: other.certificate.slice(0, 200) }, /certificate cannot be read/],
    ['half a key', { ...other, key: other.key.slice(0, 60) }, /private key cannot be read/],
    ['nothing', { certificate: '', key: '' }, /certificate cannot be read/],
    [
      'a broken chain',
      { ...other, certificate: `${other.certificate}-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n` },
      /chain/,
    ],
  ]
  for (const [what, pair, message] of refused) {
    t.throws(
      () => {
        server.swapCertificate(pair)
      },
      { message },
      what,
    )
  }
  t.equal((await answer(ask(server).end())).fingerprint, fingerprintOf(next.certificate), 'the last good one stays')
  t.match(await (await fetch(`${metricsUrl}/metrics`)).text(), /pullgate_certificate_expiry_timestamp_seconds \d{10}\n/)
})

await t.test('an error about a certificate quotes neither of the files', async (t) => {
  const { key, certificate } = servingPair()
  const swapped = t.throws(() => checkPair({ certificate: key, key: certificate })) as unknown as Error
  t.notMatch(String(swapped.stack), /BEGIN|MI[GIH]/)
})

await t.test('certificates may be swapped under load', async (t) => {
  const { server } = await serverUnderTest(t)
  const agent = keepAliveAgent(t, 4)
  const calls = Array.from({ length: 200 }, async (_, index) => {
    if (index % 20 === 0) server.swapCertificate(servingPair())
    return (await answer(review(server, index % 2 === 0 ? agent : false).end(podCreate.body))).code
  })
  t.ok((await Promise.all(calls)).every((code) => code === 200))
})

await t.test('what cannot start says why, and leaves nothing open', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.teardown(() => taken.close())
  const { port } = taken.address() as AddressInfo
  const app = {
    judge: async () => judged(),
    fault: () => judged(),
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    readiness: () => [],
  }
  const listen = { host: '127.0.0.1', port: 0 }
  const pair = servingPair()
  await t.rejects(startServer({ app, certificate: pair, listen: { ...listen, port } }), { code: 'EADDRINUSE' })
  const metrics = { register: createMetrics({ ofProcess: false }).register, listen: { ...listen, port } }
  await t.rejects(startServer({ app, certificate: pair, listen, metrics }), { code: 'EADDRINUSE' })
  await t.rejects(startServer({ app, listen, certificate: { ...pair, key: servingPair().key } }), /does not belong/)
})
