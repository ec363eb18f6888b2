import { existsSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import t from 'tap'
import { startControlPlane } from '../support/control-plane.ts'
import { testWithRealParts } from '../support/real-parts.ts'
import { until } from '../support/until.ts'

await testWithRealParts(t, 'a control plane without nodes', async (t, binaries) => {
  const controlPlane = await startControlPlane(binaries)
  t.teardown(controlPlane.stop)
  const { kubectl } = controlPlane

  await t.test('kubectl and server are the pinned release', async (t) => {
    const { stdout } = await kubectl(['version', '--output=json'])
    t.match(JSON.parse(stdout), {
      clientVersion: { gitVersion: /^v1\.\d+\.\d+$/ },
      serverVersion: { gitVersion: /^v1\.\d+\.\d+$/ },
    })
  })

  await t.test('controllers make a ReplicaSet and Pods of a Deployment', async (t) => {
    const created = await kubectl(['create', 'deployment', 'web', '--image=registry.example/web:1', '--replicas=2'])
    t.equal(created.status, 0, created.stderr)
    const pods = await until({ what: 'two Pods', limitMs: 20_000 }, async () => {
      const { stdout } = await kubectl(['get', 'pods', '--selector=app=web', '--output=name'])
      const names = stdout.trim().split('\n')
      return names.length === 2 ? names : undefined
    })
    t.match(pods, [/^pod\/web-/, /^pod\/web-/])
    const { stdout } = await kubectl(['get', 'replicasets', '--selector=app=web', '--output=name'])
    t.match(stdout, /^replicaset\.apps\/web-\w+\n$/)
  })

  await t.test('other identities have the rights that RBAC gives them', async (t) => {
    const ada = await controlPlane.kubeconfigFor({ user: 'ada@example.com', groups: ['team-a', 'team-b'] })
    const who = await kubectl(['auth', 'whoami', '--output=json', `--kubeconfig=${ada}`])
    t.match(JSON.parse(who.stdout), {
      status: { userInfo: { username: 'ada@example.com', groups: ['team-a', 'team-b', 'system:authenticated'] } },
    })
    const refused = await kubectl(['get', 'pods', `--kubeconfig=${ada}`])
    t.equal(refused.status, 1)
    t.match(refused.stderr, 'User "ada@example.com" cannot list resource "pods"')

    const account = await controlPlane.kubeconfigFor({ serviceAccount: 'default', namespace: 'default' })
    const secrets = await kubectl(['get', 'secrets', `--kubeconfig=${account}`])
    t.match(secrets.stderr, 'User "system:serviceaccount:default:default" cannot list resource "secrets"')
  })

  await t.test('the audit log names who did what', async (t) => {
    const events = (await readFile(controlPlane.auditLog, 'utf8')).trim().split('\n')
    const refused = events.find((event) => event.includes('ada@example.com') && event.includes('"code":403'))
    t.match(JSON.parse(refused ?? '{}'), { level: 'Metadata', verb: 'list', objectRef: { resource: 'pods' } })
  })

  await t.test('a Service has a loopback address', async (t) => {
    const { stdout } = await kubectl(['get', 'service', 'kubernetes', '--output=jsonpath={.spec.clusterIP}'])
    t.ok(stdout.startsWith(controlPlane.serviceRange.replace('0/24', '')), stdout)
  })

  const onLinux = process.platform === 'linux'
  await t.test('nothing is left after stop', { skip: !onLinux && 'processes are seen in /proc' }, async (t) => {
    t.not((await processesIn(controlPlane.directory)).length, 0, 'its processes can be seen')
    await controlPlane.stop()
    t.notOk(existsSync(controlPlane.directory))
    t.strictSame(await processesIn(controlPlane.directory), [])
  })
})

/** Where the processes of this machine work that work in the directory. */
async function processesIn(directory: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry))
  const places = await Promise.all(processes.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return places.filter((place) => place.startsWith(directory))
}
