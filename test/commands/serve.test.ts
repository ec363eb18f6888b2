/** The built program, as its users start it. */
import { execFile } from 'node:child_process'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import { Agent, request } from 'undici'
import { issueAuthority, issueServing } from '../../src/certs/issue.ts'
import { secretPath } from '../support/api-server.ts'
import { builtProgram } from '../support/installed-pullgate.ts'
import { until } from '../support/until.ts'
import { openWorld, password, reviewOf, tenMistakes } from './served-world.ts'

type Ran = { status: number; stdout: string; stderr: string }

const run = async (...args: string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const options = { timeout: 20_000, env: { PATH: process.env['PATH'], HOME: '/nonexistent' } }
    execFile(process.execPath, [builtProgram, ...args], options, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr })
    })
  })

t.test('help and version are answers, wrong usage is one clear line and status 2', async (t) => {
  t.match(await run('--version'), { status: 0, stdout: /^\d+\.\d+\.\d+\n$/ })
  for (const args of [['--help'], ['serve', '--help'], ['certs', '--help']]) {
    const { status, stdout } = await run(...args)
    t.equal(status, 0)
    t.match(stdout, /Usage: pullgate/)
    if (args.length > 1) t.match(stdout, /Examples:\n {2}pullgate/)
  }
  const wrong: readonly (readonly [string[], RegExp])[] = [
    [['serv'], /Did you mean serve\?/],
    [['serve', '--confg', 'x'], /Did you mean --config\?/],
    [['serve', '--listen', '8443'], /--listen: "8443" is not HOST:PORT, for instance 0\.0\.0\.0:8443/],
    [['serve', '--metrics-listen', 'localhost:99999'], /--metrics-listen: "localhost:99999" is not HOST:PORT/],
    [['serve', '--log-level', 'loud'], /--log-level: "loud" is not one of trace, debug, info, warn, error/],
    [['serve', '--shutdown-delay', 'soon'], /--shutdown-delay: "soon" is not a duration below 25s/],
    [
      ['serve', '--config', '/nonexistent/config.yaml'],
      /--config \/nonexistent\/config.yaml: cannot be read \(ENOENT\)/,
    ],
    [['serve', '--kubeconfig', '/nonexistent/kubeconfig'], /cannot start: Cannot read the kubeconfig/],
    [['certs', '--namespace', 'Not A Name'], /--namespace "Not A Name" is not a name that Kubernetes accepts/],
    [['certs', '--days', 'many'], /--days NaN is not a whole number/],
  ]
  for (const [args, said] of wrong) {
    const { status, stdout, stderr } = await run(...args)
    t.equal(status, 2, args.join(' '))
    t.match(stderr, said, args.join(' '))
    t.equal(stdout, '', 'nothing on stdout')
    t.ok(stderr.trim().split('\n').length <= 3, stderr)
  }
})

t.test('a configuration with mistakes is ten lines and status 2', async (t) => {
  const file = join(t.testdir({ 'config.yaml': tenMistakes }), 'config.yaml')
  const { status, stdout, stderr } = await run('serve', '--config', file)
  t.strictSame([status, stdout], [2, ''])
  t.matchSnapshot(stderr.replaceAll(file, 'config.yaml'))
})

t.test('the schema of the configuration is printed as it is published', async (t) => {
  const published = await readFile(new URL('../../docs/config.schema.json', import.meta.url), 'utf8')
  t.strictSame(await run('serve', '--print-schema'), { status: 0, stdout: published, stderr: '' })
})

const dockerSecret = (text: string): Record<string, unknown> => ({
  apiVersion: 'v1',
  kind: 'Secret',
  type: 'kubernetes.io/dockerconfigjson',
  data: { '.dockerconfigjson': Buffer.from(text).toString('base64') },
})

t.test('bad input gets a clear answer each, and the program goes on', async (t) => {
  const { api, registry, post } = await openWorld(t)
  api.put(secretPath('shop', 'not-json'), dockerSecret(`{"auths": ${password}`))
  const good = reviewOf(`${registry.host}/shop/pay:v1`)
  const json = { 'content-type': 'application/json' }
  const refused: readonly (readonly [string, string | Buffer, Record<string, string>, number, RegExp])[] = [
    ['malformed JSON', '{"apiVersion":', json, 400, /JSON/],
    ['nothing', '', json, 400, /empty/i],
    ['another content type', good, { 'content-type': 'text/plain' }, 415, /application\/json/],
    ['nine megabytes', Buffer.alloc(9 * 1024 * 1024, ' '), json, 413, /8/],
    [
      'another version',
      good.replace('admission.k8s.io/v1', 'admission.k8s.io/v1beta1'),
      json,
      400,
      /v1beta1[^]*admission\.k8s\.io\/v1/,
    ],
    ['an array', `[${good}]`, json, 400, /object/],
  ]
  for (const [what, body, headers, status, said] of refused) {
    const answer = await post(body, headers)
    t.equal(answer.status, status, what)
    t.match(answer.text, said, what)
    t.notMatch(answer.text, password)
  }
  const invalid = await post(reviewOf('not a reference!!'))
  t.match(invalid, { status: 200, text: /This is not an image reference/ })
  const malformed = await post(reviewOf(`${registry.host}/shop/pay:v1`, 'not-json'))
  t.match(malformed.text, /The pull secret shop\/not-json cannot be decoded/)
  t.notMatch(malformed.text, password)

  api.put(
    secretPath('shop', 'regcred'),
    dockerSecret(JSON.stringify({ auths: { [registry.host]: { username: 'robot', password } } })),
  )
  t.match(await post(reviewOf(`${registry.host}/shop/pay:v1`, 'regcred')), { status: 200, text: /"allowed":true/ })
})

t.test('a time limit too short to ask anybody does not let an image through unsaid', async (t) => {
  const { registry, pullgate } = await openWorld(t)
  const dispatcher = new Agent({ connect: { ca: pullgate.authority } })
  t.teardown(() => dispatcher.destroy())
  const answer = await request(`${pullgate.url}/validate/enforce?timeout=1s`, {
    dispatcher,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: reviewOf(`${registry.host}/shop/pay:v1`, 'unheard-of'),
  })
  const text = await answer.body.text()
  t.match(text, /"allowed":true/, 'an unknown is a warning by default')
  t.match(text, /"warnings":\["[^"]*Not known whether/)
  t.strictSame(registry.requests, [])
})

t.test('no secret is printed, at the most talkative level, whatever becomes of the review', async (t) => {
  const { api, registry, pullgate, post } = await openWorld(t, ['--log-level', 'trace'])
  const encoded = Buffer.from(`robot:${password}`).toString('base64')
  api.put(secretPath('shop', 'good'), dockerSecret(JSON.stringify({ auths: { [registry.host]: { auth: encoded } } })))
  api.put(
    secretPath('shop', 'stale'),
    dockerSecret(
      JSON.stringify({ auths: { [registry.host]: { username: 'robot', password: `${password}-of-last-year` } } }),
    ),
  )
  api.put(secretPath('shop', 'broken'), dockerSecret(`{"auths":{"x":{"auth":"${encoded}","password":7}}} ${password}`))
  const answers = [
    await post(reviewOf(`${registry.host}/shop/pay:v1`, 'good')),
    await post(reviewOf(`${registry.host}/shop/pay:v2`, 'good')),
    await post(reviewOf(`${registry.host}/shop/other:v1`, 'good')),
    await post(reviewOf(`${registry.host}/shop/pay:v1`, 'stale')),
    await post(reviewOf(`${registry.host}/shop/pay:v1`, 'broken')),
  ]
  t.match(
    answers.map(({ text }) => text.includes('"allowed":true')),
    [true, false, false, false, false],
  )
  const { body } = await request(`${pullgate.metricsUrl}/metrics`)
  const everything = [await pullgate.log(), await body.text(), ...answers.map(({ text }) => text)].join('\n')
  t.ok(
    registry.requests.some(({ account }) => account === 'robot'),
    'the credential was used',
  )
  for (const secret of [password, encoded]) t.notOk(everything.includes(secret), 'and not shown')
})

t.test('the certificate is exchanged when its files change, and a pair that does not fit is refused', async (t) => {
  const { pullgate } = await openWorld(t)
  const now = new Date()
  const authority = issueAuthority({ commonName: 'second', now })
  const second = issueServing({ authority, dnsNames: ['second.example'], ipAddresses: ['127.0.0.1'], now })
  const served = async (): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(pullgate.url)
      const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
        const { subjectaltname = '' } = socket.getPeerCertificate()
        socket.end()
        resolve(subjectaltname)
      })
      socket.once('error', reject)
    })
  const replace = async (file: string, text: string): Promise<void> => {
    await writeFile(`${file}.new`, text)
    await rename(`${file}.new`, file)
  }
  t.match(await served(), 'localhost')
  await replace(pullgate.certificateFile, second.certificate)
  await until({ what: 'the refusal in the log', limitMs: 20_000 }, async () =>
    (await pullgate.log()).includes('the new serving certificate is refused') ? true : undefined,
  )
  t.match(await served(), 'localhost', 'the key of the old one does not fit the new one')
  await replace(pullgate.keyFile, second.key)
  await until({ what: 'the new certificate', limitMs: 20_000 }, async () =>
    (await served()).includes('second.example') ? true : undefined,
  )
})

t.test('SIGTERM: not ready at once, still answering, then status 0', async (t) => {
  const { pullgate, registry, post } = await openWorld(t, ['--shutdown-delay', '1s'])
  const stopped = pullgate.terminate()
  await until({ what: 'readiness to go', limitMs: 5000 }, async () => {
    const { statusCode, body } = await request(`${pullgate.metricsUrl}/readyz`)
    await body.dump()
    return statusCode === 503 ? true : undefined
  })
  t.match(await post(reviewOf(`${registry.host}/shop/pay:v1`)), { status: 200 })
  await stopped
  t.match(await pullgate.log(), /"msg":"stopped"/)
})

t.test('the metrics of the contract are there', async (t) => {
  const { pullgate, registry, post } = await openWorld(t)
  await post(reviewOf(`${registry.host}/shop/pay:v1`))
  const { body } = await request(`${pullgate.metricsUrl}/metrics`)
  const text = await body.text()
  for (const name of [
    'pullgate_admission_requests_total{decision="denied",kind="Pod",operation="CREATE",dry_run="false"} 1',
    'pullgate_admission_duration_seconds_count',
    'pullgate_findings_total{check="image-pullable",cause="credential-missing",mode="enforce",namespace="shop"} 1',
    `pullgate_registry_requests_total{registry="${registry.host}",method="HEAD",code="401"} 1`,
    'pullgate_registry_request_duration_seconds_count',
    'pullgate_cache_requests_total{cache="answer",outcome="miss"}',
    'pullgate_certificate_expiry_timestamp_seconds 1',
    'process_resident_memory_bytes',
  ]) {
    t.ok(text.includes(name), name)
  }
})
