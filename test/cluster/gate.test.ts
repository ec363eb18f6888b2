/** The gate as a user meets it: a real API server with controllers, real registries, real kubectl, the shipped manifests. */
import { readFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { builtInKinds } from '../../src/core/kinds.ts'
import type { Binaries } from '../support/binaries.ts'
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts'
import { applyManifests, installPullgate } from '../support/installed-pullgate.ts'
import { type PushedImage, pushImage } from '../support/push-image.ts'
import { testWithRealParts } from '../support/real-parts.ts'
import { registryAccounts, startRegistry } from '../support/registry-server.ts'
import { startTokenServer } from '../support/token-server.ts'
import { until } from '../support/until.ts'

/** The token server is of another name than its registry, so it has to be named as one that may receive credentials. */
const configFor = (realm: string): string => `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
mode: enforce
registries:
  addresses: {allow: [127.0.0.0/8, "::1/128"]}
  realms: ["localhost=${new URL(realm).host}"]
`

type Gate = {
  plane: ControlPlane
  /** As in image references. */
  open: string
  basic: string
  token: string
  pushed: PushedImage
  requests: () => Promise<number>
  terminate: () => Promise<void>
}

const named = (host: string): string => host.replace('127.0.0.1', 'localhost')

const sumOf = (metrics: string, name: string): number =>
  metrics
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)

const openGate = async (t: Test, binaries: Binaries): Promise<Gate> => {
  const plane = await startControlPlane(binaries)
  t.teardown(plane.stop)
  const { robot } = registryAccounts
  const open = await startRegistry(binaries)
  t.teardown(open.stop)
  const basic = await startRegistry(binaries, { htpasswd: [robot] })
  t.teardown(basic.stop)
  const tokens = await startTokenServer({ accounts: [{ ...robot, pull: ['team/app'], push: ['team/app'] }] })
  t.teardown(tokens.stop)
  const token = await startRegistry(binaries, { token: tokens })
  t.teardown(token.stop)
  const pushed = await pushImage(open.url, { repository: 'shop/pay', tag: 'v1.2.0' })
  await pushImage(basic.url, { repository: 'shop/vault', tag: 'v1.0.0', auth: robot })
  await pushImage(token.url, { repository: 'team/app', tag: '3.1.4', auth: robot })
  const pullgate = await installPullgate(plane, { config: configFor(tokens.realm) })
  t.teardown(pullgate.stop)
  const requests = async (): Promise<number> =>
    sumOf(await (await fetch(`${pullgate.metricsUrl}/metrics`)).text(), 'pullgate_registry_requests_total')
  const hosts = { open: named(open.host), basic: named(basic.host), token: named(token.host) }
  return { plane, ...hosts, pushed, requests, terminate: pullgate.terminate }
}

const namespaceIn = async ({ plane: { kubectl } }: Gate, name: string, mode?: string): Promise<void> => {
  await kubectl(['create', 'namespace', name])
  if (mode !== undefined) await kubectl(['label', 'namespace', name, `pullgate.dev/mode=${mode}`])
}

const pod = (image: string, extra: object = {}): object => ({ containers: [{ name: 'app', image }], ...extra })

const deployment = (name: string, podSpec: object, replicas = 1): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: podSpec },
  },
})

const apply = async ({ plane }: Gate, namespace: string, manifest: object, ...flags: string[]) =>
  plane.kubectl(['apply', '-n', namespace, '-f', '-', ...flags], JSON.stringify(manifest))

const loginFor = (server: string, { username, password }: { username: string; password: string }): string[] => [
  `--docker-server=${server}`,
  `--docker-username=${username}`,
  `--docker-password=${password}`,
]

/** One object of each kind in the table, with this PodSpec. */
const objectsOfEveryKind = (podSpec: object): readonly { kind: string; fieldPath: string; object: object }[] => {
  const labels = { app: 'each' }
  const template = { metadata: { labels }, spec: podSpec }
  const job = { template: { spec: { ...podSpec, restartPolicy: 'Never' } } }
  const specs: Record<string, object> = {
    Pod: { spec: podSpec },
    PodTemplate: { template },
    ReplicationController: { spec: { selector: labels, template } },
    StatefulSet: { spec: { serviceName: 'each', selector: { matchLabels: labels }, template } },
    Job: { spec: job },
    CronJob: { spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: job } } },
  }
  return builtInKinds.map(({ group, versions: [version = ''], kind, podSpecs: [path = ''] = [] }) => ({
    kind,
    fieldPath: `${path}.containers[0].image`,
    object: {
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      metadata: { name: `each-${kind.toLowerCase()}` },
      ...(specs[kind] ?? { spec: { selector: { matchLabels: labels }, template } }),
    },
  }))
}

const audits = async ({ plane }: Gate, name: string): Promise<readonly Record<string, string>[]> =>
  (await readFile(plane.auditLog, 'utf8'))
    .split('\n')
    .filter((line) => line.includes(`"name":"${name}"`))
    .map((line) => (JSON.parse(line) as { annotations?: Record<string, string> }).annotations ?? {})

await testWithRealParts(t, 'the gate, through a real API server', async (t, binaries) => {
  const gate = await openGate(t, binaries)
  const { kubectl } = gate.plane
  const missing = `${gate.open}/shop/pay:v1.2.1`
  await namespaceIn(gate, 'shop', 'enforce')
  await namespaceIn(gate, 'lab', 'warn')
  await namespaceIn(gate, 'quiet', 'audit')
  await namespaceIn(gate, 'off', 'ignore')
  await namespaceIn(gate, 'plain')

  await t.test('a Deployment is refused with field, image, cause and remedy, and on a dry run the same', async (t) => {
    for (const flags of [[], ['--dry-run=server']]) {
      const { status, stderr } = await apply(gate, 'shop', deployment('missing', pod(missing)), ...flags)
      t.equal(status, 1)
      t.match(stderr, 'Error from server (Forbidden)')
      t.match(stderr, 'admission webhook "enforce.pullgate.dev" denied the request')
      t.match(stderr, `spec.template.spec.containers[0].image "${missing}"`)
      t.match(stderr, 'There is no tag v1.2.1')
      t.match(stderr, 'Did you mean v1.2.0?')
    }
    const { stdout } = await kubectl(['get', 'deployments', '-n', 'shop', '-o', 'name'])
    t.equal(stdout, '', 'nothing was created')
  })

  await t.test(
    'the other modes: warn tells, audit records, ignore asks nobody, no label means the configuration',
    async (t) => {
      const warned = await apply(gate, 'lab', deployment('warned', pod(missing)))
      t.match(warned, { status: 0, stdout: /deployment.apps\/warned created/ })
      t.match(warned.stderr, `Warning: spec.template.spec.containers[0].image "${missing}"`)
      const strict = await apply(
        gate,
        'lab',
        deployment('strict', pod(missing)),
        '--dry-run=server',
        '--warnings-as-errors',
      )
      t.equal(strict.status, 1, 'a ready-made check for CI')

      const audited = await apply(gate, 'quiet', deployment('audited', pod(missing)))
      t.match(audited, { status: 0, stderr: '' })
      const recorded = await until({ what: 'the audit log', limitMs: 10_000 }, async () =>
        (await audits(gate, 'audited')).find((annotations) => 'audit.pullgate.dev/tag-absent' in annotations),
      )
      t.match(recorded['audit.pullgate.dev/tag-absent'], 'spec.template.spec.containers[0].image')

      const before = await gate.requests()
      t.match(await apply(gate, 'off', deployment('unseen', pod(`${gate.open}/never/asked:1`))), {
        status: 0,
        stderr: '',
      })
      t.equal(await gate.requests(), before)
      t.match((await apply(gate, 'plain', deployment('missing', pod(missing)))).stderr, 'default.pullgate.dev')
    },
  )

  await t.test('every built-in kind is judged at its own field', async (t) => {
    for (const { kind, fieldPath, object } of objectsOfEveryKind(pod(missing))) {
      const { status, stderr } = await apply(gate, 'shop', object)
      t.equal(status, 1, kind)
      t.match(stderr, `${fieldPath} "${missing}"`, kind)
    }
    for (const { kind, object } of objectsOfEveryKind(pod(`${gate.open}/shop/pay:v1.2.0`))) {
      t.match(await apply(gate, 'shop', object, '--dry-run=server'), { status: 0, stderr: '' }, kind)
    }
  })

  await t.test('every image field is judged: init containers, sidecars, image volumes, debug containers', async (t) => {
    const good = `${gate.open}/shop/pay:v1.2.0`
    const everywhere = pod(good, {
      initContainers: [
        { name: 'init', image: missing },
        { name: 'sidecar', image: missing, restartPolicy: 'Always' },
      ],
      volumes: [{ name: 'model', image: { reference: missing } }],
    })
    const { stderr } = await apply(gate, 'shop', deployment('everywhere', everywhere))
    for (const field of ['initContainers[0].image', 'initContainers[1].image', 'volumes[0].image.reference']) {
      t.match(stderr, `spec.template.spec.${field}`)
    }
    t.notMatch(stderr, 'spec.containers[0].image', 'the good one is not named')
    t.match(
      await apply(gate, 'shop', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'debugged' }, spec: pod(good) }),
      { status: 0 },
    )
    const debug = await kubectl(['debug', '-n', 'shop', 'pod/debugged', `--image=${missing}`, '--profile=general'])
    t.match(debug.stderr, 'spec.ephemeralContainers[0].image')
    t.match(debug.stderr, 'There is no tag v1.2.1')
  })

  await t.test('private images: each credential story ends with its own cause', async (t) => {
    const vault = `${gate.basic}/shop/vault:v1.0.0`
    const app = `${gate.token}/team/app:3.1.4`
    const { robot } = registryAccounts
    const bare = await apply(gate, 'shop', deployment('bare', pod(vault)))
    t.match(bare.stderr, 'refused an anonymous pull')
    t.match((await apply(gate, 'shop', deployment('bare-token', pod(app)))).stderr, 'refused an anonymous pull')

    const secrets = { imagePullSecrets: [{ name: 'late' }] }
    const absent = await apply(gate, 'shop', deployment('late', pod(vault, secrets)))
    t.match(
      absent.stderr,
      'The pull secret late does not exist in namespace shop. Create it: kubectl create secret docker-registry late -n shop',
    )
    const dry = await apply(gate, 'shop', deployment('late', pod(vault, secrets)), '--dry-run=server')
    t.match(dry, { status: 0, stderr: /Warning: .*The pull secret late does not exist/ }, 'a bundle may bring it')
    await kubectl(['create', 'secret', 'docker-registry', 'late', '-n', 'shop', ...loginFor(gate.basic, robot)])
    t.match(
      await apply(gate, 'shop', deployment('late', pod(vault, secrets))),
      { status: 0, stderr: '' },
      'admitted at once when it is there',
    )

    const wrong = { username: robot.username, password: 'not the password' }
    await kubectl(['create', 'secret', 'docker-registry', 'wrong', '-n', 'shop', ...loginFor(gate.basic, wrong)])
    const refused = await apply(
      gate,
      'shop',
      deployment('wrong', pod(vault, { imagePullSecrets: [{ name: 'wrong' }] })),
    )
    t.match(refused.stderr, 'refused the credential in secret/shop/wrong')
    t.notMatch(refused.stderr, 'not the password')

    await kubectl(['create', 'secret', 'docker-registry', 'token', '-n', 'shop', ...loginFor(gate.token, robot)])
    await kubectl(['create', 'serviceaccount', 'builder', '-n', 'shop'])
    const patch = JSON.stringify({ imagePullSecrets: [{ name: 'token' }] })
    await kubectl(['patch', 'serviceaccount', 'builder', '-n', 'shop', '-p', patch])
    const throughAccount = await apply(gate, 'shop', deployment('account', pod(app, { serviceAccountName: 'builder' })))
    t.match(throughAccount, { status: 0, stderr: '' }, 'a template gets the pull secrets of its service account')
    await kubectl(['create', 'secret', 'generic', 'opaque', '-n', 'shop', '--from-literal=a=b'])
    const opaque = await apply(gate, 'shop', deployment('opaque', pod(app, { imagePullSecrets: [{ name: 'opaque' }] })))
    t.match(opaque.stderr, 'The kubelet ignores the secret shop/opaque of type Opaque')
  })

  await t.test(
    'the life of an object: a rollout, its Pods, scaling, labels and deletion ask the registry nothing more',
    async (t) => {
      const by = (digest: string) => `${gate.open}/shop/pay@${digest}`
      const life = deployment('life', pod(by(gate.pushed.digest)), 3)
      t.match(await apply(gate, 'shop', life), { status: 0 })
      // The ReplicaSet and the Pods are only made now: whatever is asked from here on would be asked twice.
      const before = await gate.requests()
      await until({ what: 'three Pods', limitMs: 20_000 }, async () => {
        const { stdout } = await kubectl(['get', 'pods', '-n', 'shop', '-l', 'app=life', '-o', 'name'])
        return stdout.trim().split('\n').length === 3 ? true : undefined
      })
      await kubectl(['scale', '-n', 'shop', 'deployment/life', '--replicas=5'])
      await kubectl(['label', '-n', 'shop', 'deployment/life', 'team=pay'])
      await kubectl(['rollout', 'restart', '-n', 'shop', 'deployment/life'])
      await kubectl(['delete', '-n', 'shop', 'deployment/life', '--cascade=foreground', '--wait=true', '--timeout=30s'])
      t.equal(await gate.requests(), before)
      t.match(await kubectl(['get', '-n', 'shop', 'deployment/life']), { status: 1, stderr: /not found/ })
    },
  )

  await t.test('the label: a wrong word is refused, and says what is accepted', async (t) => {
    const { status, stderr } = await kubectl(['label', 'namespace', 'plain', 'pullgate.dev/mode=enforced'])
    t.equal(status, 1)
    for (const word of ['enforce', 'warn', 'audit', 'ignore']) t.match(stderr, word)
  })

  await t.test('applying the manifests again keeps the certificate and the caBundle', async (t) => {
    const read = async () => {
      const secret = await kubectl([
        'get',
        'secret',
        'pullgate-certs',
        '-n',
        'pullgate-system',
        '-o',
        'jsonpath={.data.tls\\.crt}',
      ])
      const bundle = await kubectl([
        'get',
        'validatingwebhookconfiguration',
        'pullgate',
        '-o',
        'jsonpath={.webhooks[*].clientConfig.caBundle}',
      ])
      return [secret.stdout, bundle.stdout] as const
    }
    const before = await read()
    t.ok(before[0].length > 0)
    t.equal(before[1].split(' ').length, 5)
    await applyManifests(gate.plane, 'manifests')
    t.same(await read(), before)
    for (const overlay of ['audit', 'fail-closed']) {
      t.match(await applyManifests(gate.plane, `manifests/overlays/${overlay}`), 'validatingwebhookconfiguration')
    }
    await applyManifests(gate.plane, 'manifests')
  })

  await t.test(
    'no expression of the shipped configuration has failed, and SIGTERM ends it with status 0',
    async (t) => {
      const { stdout } = await kubectl(['get', '--raw', '/metrics'])
      t.equal(sumOf(stdout, 'apiserver_admission_match_condition_evaluation_errors_total'), 0)
      t.equal(sumOf(stdout, 'apiserver_admission_webhook_fail_open_count'), 0)
      await gate.terminate()
    },
  )
})
