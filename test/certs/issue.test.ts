import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { connect, createServer } from 'node:tls'
import { promisify } from 'node:util'
import t from 'tap'
import { inspectPair } from '../../src/certs/inspect.ts'
import type { KeyPair } from '../../src/certs/issue.ts'
import { authorityLifetimeDays, authorityName, issueAuthority, issueServing } from '../../src/certs/issue.ts'

const run = promisify(execFile)
const now = new Date()
const inCluster = 'pullgate.pullgate-system.svc'
const authority = issueAuthority({ commonName: authorityName, now })
const serving = issueServing({
  authority,
  dnsNames: [inCluster, `${inCluster}.cluster.local`],
  ipAddresses: ['127.0.0.1', '::1'],
  now,
})
const days = (count: number) => new Date(now.getTime() + count * 86_400_000)

await t.test('openssl accepts the chain in its strictest reading', async (t) => {
  const missing = await run('openssl', ['version']).then(
    () => undefined,
    () => 'openssl is not installed (apt-get install openssl)',
  )
  if (missing !== undefined && process.env['CI'] !== undefined) throw new Error(missing)
  if (missing !== undefined) return void t.pass(missing, { skip: missing })
  const directory = await mkdtemp(join(tmpdir(), 'pullgate-issue-'))
  t.teardown(async () => rm(directory, { recursive: true, force: true }))
  const write = async (name: string, text: string) => {
    await writeFile(join(directory, name), text)
    return join(directory, name)
  }
  const trusted = await write('ca.crt', authority.certificate)
  const leaf = await write('tls.crt', serving.certificate)
  const verify = ['verify', '-x509_strict', '-check_ss_sig', '-purpose', 'sslserver', '-CAfile', trusted]
  for (const name of [inCluster, `${inCluster}.cluster.local`]) {
    t.match((await run('openssl', [...verify, '-verify_hostname', name, leaf])).stdout, 'OK')
  }
  t.match((await run('openssl', [...verify, '-verify_ip', '::1', leaf])).stdout, 'OK')
  await t.rejects(run('openssl', [...verify, '-verify_hostname', 'pullgate.elsewhere.svc', leaf]))
  const stranger = await write('other.crt', issueAuthority({ commonName: authorityName, now }).certificate)
  await t.rejects(run('openssl', ['verify', '-x509_strict', '-CAfile', stranger, leaf]))
})

const shakeHands = async (pair: KeyPair, trusted: string, servername: string): Promise<string> => {
  const server = createServer({ cert: pair.certificate, key: pair.key, minVersion: 'TLSv1.3' }, (socket) => {
    socket.on('error', () => undefined)
    socket.end()
  })
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const socket: TLSSocket = connect({ port, host: '127.0.0.1', ca: trusted, servername })
  try {
    await once(socket, 'secureConnect')
    return socket.getProtocol() ?? ''
  } finally {
    socket.destroy()
    server.close()
  }
}

await t.test('a client that knows only the authority shakes hands', async (t) => {
  t.equal(await shakeHands(serving, authority.certificate, inCluster), 'TLSv1.3')
})

await t.test('a client that knows another authority of the same name does not', async (t) => {
  const other = issueAuthority({ commonName: authorityName, now })
  await t.rejects(shakeHands(serving, other.certificate, inCluster), { code: /UNABLE_TO_VERIFY|SIGNATURE|SELF_SIGNED/ })
  t.equal(await shakeHands(serving, other.certificate + authority.certificate, inCluster), 'TLSv1.3')
})

await t.test('a client that asks for another name does not', async (t) => {
  await t.rejects(shakeHands(serving, authority.certificate, 'pullgate.elsewhere.svc'), {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

await t.test('the certificates are what they are meant to be', async (t) => {
  const root = new X509Certificate(authority.certificate)
  const leaf = new X509Certificate(serving.certificate)
  t.equal(root.ca, true)
  t.equal(leaf.ca, false)
  t.equal(leaf.subject, `CN=${inCluster}`)
  t.equal(leaf.issuer, `CN=${authorityName}`)
  t.match(serving.key, /^-----BEGIN PRIVATE KEY-----/)
  t.match(leaf.serialNumber, /^[4-7][0-9A-F]{31}$/)
  t.ok(new Date(leaf.validFrom).getTime() <= now.getTime() - 3_599_000, 'valid an hour ago, for slow clocks')
  t.ok(Math.abs(new Date(leaf.validTo).getTime() - days(365).getTime()) < 2000)
  t.ok(Math.abs(new Date(root.validTo).getTime() - days(authorityLifetimeDays).getTime()) < 2000)
})

await t.test('a serving certificate does not outlive its authority', async (t) => {
  const short = issueAuthority({ commonName: authorityName, now, lifetimeDays: 10 })
  const leaf = issueServing({ authority: short, dnsNames: [inCluster], now })
  t.equal(new X509Certificate(leaf.certificate).validTo, new X509Certificate(short.certificate).validTo)
})

await t.test('names longer than a common name may be are alternative names alone', async (t) => {
  const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.svc`
  const pair = issueServing({ authority, dnsNames: [long], now })
  t.equal(new X509Certificate(pair.certificate).subject, 'CN=pullgate')
  t.match(inspectPair({ ...pair, authority: authority.certificate }, [long], now), { state: 'ok' })
})

await t.test('serial numbers come from the given randomness and are always positive', async (t) => {
  const random = (octets: number) => Buffer.alloc(octets, 0xff)
  t.equal(
    new X509Certificate(issueAuthority({ commonName: 'x', now, random }).certificate).serialNumber,
    `7F${'FF'.repeat(15)}`,
  )
  const zero = (octets: number) => Buffer.alloc(octets, 0)
  t.equal(
    new X509Certificate(issueAuthority({ commonName: 'x', now, random: zero }).certificate).serialNumber,
    `40${'00'.repeat(15)}`,
  )
})

await t.test('what cannot be signed is refused', async (t) => {
  t.throws(() => issueServing({ authority, dnsNames: [], now }), /at least one name/)
  t.throws(() => issueServing({ authority, dnsNames: [], ipAddresses: ['localhost'], now }), /not an IP address/)
  const mismatched = { certificate: authority.certificate, key: serving.key }
  t.throws(() => issueServing({ authority: mismatched, dnsNames: [inCluster], now }), /does not belong/)
})

await t.test('inspection', async (t) => {
  const whole = { ...serving, authority: authority.certificate }
  const problemsOf = (pair: Parameters<typeof inspectPair>[0], names: string[] = [inCluster], at = now) => {
    const inspection = inspectPair(pair, names, at)
    return inspection.state === 'ok' ? [] : inspection.problems
  }
  await t.test('a good pair', async (t) => {
    const inspection = inspectPair(whole, [inCluster, '127.0.0.1', '::1'], now)
    t.equal(inspection.state, 'ok')
    t.equal(inspection.expiresAt?.getTime(), new Date(new X509Certificate(serving.certificate).validTo).getTime())
  })
  await t.test('expired, and not yet valid', async (t) => {
    t.match(problemsOf(whole, [inCluster], days(366)), [/^The certificate expired at 20/])
    t.match(problemsOf(whole, [inCluster], days(-1)), [/^The certificate is not valid before 20/])
  })
  await t.test('names', async (t) => {
    t.match(problemsOf(whole, [inCluster, 'a.b.svc', '127.0.0.2']), [
      /^The certificate is not for a\.b\.svc, 127\.0\.0\.2; it is for DNS:pullgate/,
    ])
  })
  await t.test('keys', async (t) => {
    t.same(problemsOf({ ...whole, key: authority.key }), ['The private key does not belong to the certificate.'])
    t.same(problemsOf({ ...whole, key: 'nonsense' }), ['There is no readable PEM private key.'])
  })
  await t.test('trust', async (t) => {
    const other = issueAuthority({ commonName: authorityName, now })
    t.same(problemsOf({ ...whole, authority: other.certificate }), [
      'The certificate is not signed by the given authority.',
    ])
    t.same(
      problemsOf({ ...whole, authority: other.certificate + authority.certificate }),
      [],
      'one of several is enough',
    )
    t.same(problemsOf({ ...whole, authority: serving.certificate }), [
      'The certificate is not signed by the given authority.',
    ])
    t.same(problemsOf({ ...whole, authority: '' }), ['There is no readable PEM certificate of an authority.'])
    t.same(problemsOf(serving), [], 'no authority given, none asked')
  })
  await t.test('everything at once, and nothing secret', async (t) => {
    const problems = problemsOf({ ...whole, key: authority.key, authority: 'x' }, ['a.svc'], days(400))
    t.equal(problems.length, 4)
    t.notMatch(problems.join(), 'PRIVATE')
  })
  await t.test('no certificate', async (t) => {
    t.same(inspectPair({ certificate: 'x', key: 'y' }, [], now), {
      state: 'unusable',
      problems: ['There is no readable PEM certificate.'],
    })
    const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
    t.same(problemsOf({ ...whole, certificate: broken }), ['There is no readable PEM certificate.'])
  })
})
