import t from 'tap'
import { createMetrics } from '../../src/webhook/metrics.ts'
import { decodeReview } from '../../src/webhook/review.ts'
import { decision, denied, finding, judged } from './findings.ts'
import { podCreate, recording } from './recordings.ts'

const admission = decodeReview(podCreate.review)

const setUp = (kinds: string[] = []) => {
  const metrics = createMetrics({ kinds, ofProcess: false })
  const linesOf = async (name: string) =>
    (await metrics.register.metrics()).split('\n').filter((line) => line.startsWith(name))
  return { metrics, linesOf }
}

const request = (registry: string) =>
  ({ kind: 'request', registry, method: 'HEAD', code: '200', seconds: 0.02 }) as const

await t.test('one admission', async (t) => {
  const { metrics, linesOf } = setUp()
  const audit = finding({ mode: 'audit', cause: 'latest-tag', check: 'latest-tag' })
  metrics.onAnswered({
    admission,
    mode: 'enforce',
    milliseconds: 4,
    judged: judged({ decision: { ...denied(finding()), audits: [audit] } }),
  })
  t.strictSame(await linesOf('pullgate_admission_requests_total'), [
    'pullgate_admission_requests_total{decision="denied",kind="Pod",operation="CREATE",dry_run="false"} 1',
  ])
  t.strictSame(await linesOf('pullgate_findings_total'), [
    'pullgate_findings_total{check="image-pullable",cause="tag-absent",mode="enforce",namespace="shop"} 1',
    'pullgate_findings_total{check="latest-tag",cause="latest-tag",mode="audit",namespace="shop"} 1',
  ])
  t.match(await linesOf('pullgate_admission_duration_seconds'), [
    /^.*_bucket{le="0.001"} 0$/,
    /le="0.0025"} 0/,
    /le="0.005"} 1/,
  ])
})

await t.test('kinds nobody registered are counted together', async (t) => {
  const { metrics, linesOf } = setUp(['Rollout'])
  for (const kind of ['Rollout', 'CronJob', 'Anything', 'constructor']) {
    metrics.onAnswered({ admission: { ...admission, kind }, mode: undefined, milliseconds: 1, judged: judged() })
  }
  const scale = decodeReview(recording('deployment-scale.UPDATE-deployments_scale').review)
  metrics.onAnswered({ admission: scale, mode: 'warn', milliseconds: 1, judged: judged({ decision: decision() }) })
  t.same(
    (await linesOf('pullgate_admission_requests_total')).map((line) =>
      /kind="(\w+)",operation="(\w+)".* (\d+)$/.exec(line)?.slice(1),
    ),
    [
      ['Rollout', 'CREATE', '1'],
      ['CronJob', 'CREATE', '1'],
      ['other', 'CREATE', '2'],
      ['other', 'UPDATE', '1'],
    ],
  )
})

await t.test('what adapters report', async (t) => {
  const { metrics, linesOf } = setUp()
  metrics.observe(request('reg.example'))
  metrics.observe({ kind: 'ratelimit', registry: 'reg.example', remaining: 76 })
  metrics.observe({ kind: 'pause', registry: 'reg.example', paused: true })
  metrics.observe({ kind: 'cache', cache: 'tag', outcome: 'joined' })
  metrics.observe({ kind: 'certificate', expires: 1_800_000_000 })
  metrics.observe({ kind: 'cluster-request', resource: 'secrets', code: '200', seconds: 0.01 })
  metrics.countConfigReload('failure')
  metrics.onAnswered({ admission, mode: 'warn', milliseconds: 1, judged: judged({ exemptions: ['user'] }) })
  const table: [name: string, line: string][] = [
    ['pullgate_registry_requests_total', '{registry="reg.example",method="HEAD",code="200"} 1'],
    ['pullgate_registry_request_duration_seconds_count', '{registry="reg.example"} 1'],
    ['pullgate_registry_ratelimit_remaining', '{registry="reg.example"} 76'],
    ['pullgate_registry_paused', '{registry="reg.example"} 1'],
    ['pullgate_cache_requests_total', '{cache="tag",outcome="joined"} 1'],
    ['pullgate_certificate_expiry_timestamp_seconds', ' 1800000000'],
    ['pullgate_config_reloads_total', '{outcome="failure"} 1'],
    ['pullgate_exemptions_total', '{kind="user"} 1'],
  ]
  for (const [name, line] of table) t.strictSame(await linesOf(name), [`${name}${line}`])
})

await t.test('registries take 100 label values and namespaces 1000, then they are counted together', async (t) => {
  const { metrics, linesOf } = setUp()
  for (let index = 0; index < 130; index += 1) metrics.observe(request(`reg${index}.example`))
  metrics.observe(request('reg0.example'))
  metrics.observe({ kind: 'pause', registry: 'late.example', paused: true })
  const lines = await linesOf('pullgate_registry_requests_total')
  t.equal(lines.length, 101)
  t.match(lines[0], /reg0\.example.* 2$/)
  t.match(lines.at(-1), /registry="other".* 30$/)
  t.match(await linesOf('pullgate_registry_paused'), [/registry="other"} 1/])

  for (let index = 0; index < 1001; index += 1) {
    const elsewhere = { ...admission, namespace: `ns${index}` }
    metrics.onAnswered({
      admission: elsewhere,
      mode: 'warn',
      milliseconds: 1,
      judged: judged({ decision: denied(finding()) }),
    })
  }
  const findings = await linesOf('pullgate_findings_total')
  t.equal(findings.length, 1001)
  t.match(findings.at(-1), /namespace="other"} 1/)
})

await t.test('the process is measured too, and two sets of metrics do not meet', async (t) => {
  const { register } = createMetrics()
  createMetrics()
  t.match(await register.metrics(), /^process_cpu_seconds_total/m)
})
