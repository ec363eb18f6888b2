/** What is not looked at, through a real API server: each exemption admits, says so in the audit log, and is counted. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { deploymentOf, podOf, podSpecWith } from '../support/applied-objects.ts'
import { type GatedCluster, startGatedCluster } from '../support/gated-cluster.ts'
import { testWithRealParts } from '../support/real-parts.ts'
import { until } from '../support/until.ts'

const config = `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
exemptions:
  namespaces: [infra-*]
  usernames: [release-bot]
  groups: [break-glass]
  runtimeClasses: [enclave]
  images: ["reg.invalid/base/**"]
`

// Refused without a question to anybody, so that no registry is needed to see who is exempt.
const bad = podSpecWith('reg.invalid/shop/pay:latest')
const judged = /The tag latest means/

const annotationsOf = async ({ plane }: GatedCluster, name: string): Promise<Readonly<Record<string, string>>> =>
  until({ what: `${name} in the audit log`, limitMs: 10_000 }, async () =>
    (await readFile(plane.auditLog, 'utf8'))
      .split('\n')
      .filter((line) => line.includes(`"name":"${name}"`) && line.includes('ResponseComplete'))
      .map((line) => (JSON.parse(line) as { annotations?: Record<string, string> }).annotations ?? {})
      .find((annotations) => Object.keys(annotations).some((key) => key.endsWith('.pullgate.dev/exempt'))),
  )

await testWithRealParts(t, 'exemptions, through a real API server', async (t, binaries) => {
  const cluster = await startGatedCluster(t, binaries, config)
  const { addNamespace, apply, kubectl, must, ofPullgate, plane } = cluster
  await addNamespace('shop', 'enforce')
  await addNamespace('infra-dns', 'enforce')
  for (const who of ['--user=release-bot', '--user=alice', '--group=break-glass'])
    await must('create', 'clusterrolebinding', who.replace(/^--\w+=/, 'edits-as-'), '--clusterrole=edit', who)
  const runtimeClass = {
    apiVersion: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    metadata: { name: 'enclave' },
    handler: 'x',
  }
  t.match(await kubectl(['apply', '-f', '-'], JSON.stringify(runtimeClass)), { status: 0 })
  const as = async (identity: { user: string; groups?: readonly string[] }): Promise<string> =>
    `--kubeconfig=${await plane.kubeconfigFor(identity)}`

  await t.test('nobody else is exempt', async (t) => {
    const alice = await as({ user: 'alice' })
    t.match(await apply('shop', deploymentOf('plain', bad), alice), { status: 1, stderr: judged })
    const other = deploymentOf(
      'other-image',
      podSpecWith(['reg.invalid/base/os:latest', 'reg.invalid/shop/pay:latest']),
    )
    const { status, stderr } = await apply('shop', other)
    t.equal(status, 1)
    t.match(stderr, 'spec.template.spec.containers[1].image')
    t.notMatch(stderr, 'spec.template.spec.containers[0].image', 'the exempt image beside it is left out')
  })

  const cases: readonly (readonly [kind: string, name: string, apply: () => ReturnType<typeof apply>])[] = [
    ['namespace', 'by-namespace', async () => apply('infra-dns', deploymentOf('by-namespace', bad))],
    ['user', 'by-user', async () => apply('shop', deploymentOf('by-user', bad), await as({ user: 'release-bot' }))],
    [
      'group',
      'by-group',
      async () => apply('shop', deploymentOf('by-group', bad), await as({ user: 'bob', groups: ['break-glass'] })),
    ],
    [
      'runtime-class',
      'by-runtime-class',
      async () => apply('shop', podOf('by-runtime-class', { ...bad, runtimeClassName: 'enclave' })),
    ],
    [
      'image',
      'by-image',
      async () => apply('shop', deploymentOf('by-image', podSpecWith('reg.invalid/base/os:latest'))),
    ],
  ]
  for (const [kind, name, applied] of cases) {
    await t.test(kind, async (t) => {
      t.match(await applied(), { status: 0, stderr: '' }, 'admitted without a word')
      const annotations = await annotationsOf(cluster, name)
      const [, told] = Object.entries(annotations).find(([key]) => key.endsWith('.pullgate.dev/exempt')) ?? []
      t.match(told, kind, 'the audit log says why')
      t.ok((await ofPullgate('pullgate_exemptions_total', { kind })) >= 1)
    })
  }
})
