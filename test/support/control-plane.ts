import { generateKeyPairSync, randomInt, randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { request as httpsRequest } from 'node:https'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { createClientAuthority } from './client-certificates.ts'
import {
  apiServerFlags,
  apiServerUrl,
  auditPolicy,
  controllerManagerFlags,
  etcdFlags,
  files,
  type Layout,
} from './control-plane-flags.ts'
import { findFreePorts } from './free-ports.ts'
import { type GuardedDirectory, makeGuardedDirectory } from './guarded-directory.ts'
import { type KubeconfigIdentity, writeKubeconfig } from './kubeconfig.ts'
import { bindKubectl, type Kubectl } from './kubectl.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { until } from './until.ts'

export type Identity = { user: string; groups?: readonly string[] } | { serviceAccount: string; namespace: string }

export type ControlPlane = {
  server: string
  /** The path of a kubeconfig of a cluster administrator. */
  kubeconfig: string
  /** The path of the API server's audit log: one JSON event per line, level Metadata. */
  auditLog: string
  /** Addresses for Services, all of them loopback, such as 127.77.0.0/24. */
  serviceRange: string
  directory: string
  /** As the administrator. */
  kubectl: Kubectl
  /** The path of a kubeconfig of somebody else; a service account must exist. */
  kubeconfigFor: (identity: Identity) => Promise<string>
  stop: () => Promise<void>
}

export type ControlPlaneOptions = {
  /** Without controllers the start takes half the time, but nothing makes Pods of Deployments. Default true. */
  controllerManager?: boolean
  /** Further flags of the API server. */
  apiServerFlags?: readonly string[]
}

const readyLimitMs = 60_000

export async function startControlPlane(binaries: Binaries, options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const directory = await makeGuardedDirectory('pullgate-control-plane')
  const servers: ServerProcess[] = []
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()))
    await directory.remove()
  }
  try {
    const layout = await layOut(directory)
    const run = async (name: string, binary: string, args: string[]) => {
      const server = await startServerProcess(directory, { name, binary, args })
      servers.push(server)
      return server
    }
    const issue = await writeInputs(directory)
    await run('etcd', binaries.etcd, etcdFlags(layout))
    const flags = [...apiServerFlags(layout), ...(options.apiServerFlags ?? [])]
    const apiServer = await run('kube-apiserver', binaries.kubeApiserver, flags)
    const serverCertificate = await untilReady(layout, servers)
    const write = (file: string, identity: KubeconfigIdentity) =>
      writePrivately(directory, file, writeKubeconfig(apiServerUrl(layout), serverCertificate, identity))
    const kubeconfig = await write(files.adminKubeconfig, issue('admin', ['system:masters']))
    const kubectl = bindKubectl(binaries.kubectl, kubeconfig, directory.path)
    if (options.controllerManager ?? true) {
      await write(files.controllersKubeconfig, issue('system:kube-controller-manager', []))
      const controllers = await run(
        'kube-controller-manager',
        binaries.kubeControllerManager,
        controllerManagerFlags(layout),
      )
      await untilServiceAccounts(kubectl, AbortSignal.any([apiServer.ended, controllers.ended]))
    }
    return {
      server: apiServerUrl(layout),
      kubeconfig,
      auditLog: join(directory.path, files.auditLog),
      serviceRange: layout.serviceRange,
      directory: directory.path,
      kubectl,
      kubeconfigFor: async (identity) => {
        const proof =
          'user' in identity ? issue(identity.user, identity.groups ?? []) : await requestToken(kubectl, identity)
        return write(`${randomUUID()}.kubeconfig`, proof)
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function layOut(directory: GuardedDirectory): Promise<Layout> {
  const [etcdPort = 0, etcdPeerPort = 0, apiServerPort = 0] = await findFreePorts(3)
  // At random, so that control planes side by side do not share Service addresses. 127.0.x.x is left to others.
  const serviceRange = `127.${randomInt(64, 250)}.${randomInt(0, 256)}.0/24`
  return { directory: directory.path, etcdPort, etcdPeerPort, apiServerPort, serviceRange }
}

async function writeInputs(directory: GuardedDirectory): Promise<ReturnType<typeof createClientAuthority>['issue']> {
  const authority = createClientAuthority()
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writePrivately(directory, files.clientAuthority, authority.certificate)
  await writePrivately(directory, files.serviceAccountKey, privateKey.export({ type: 'sec1', format: 'pem' }))
  await writePrivately(directory, files.auditPolicy, JSON.stringify(auditPolicy))
  return authority.issue
}

async function writePrivately(directory: GuardedDirectory, file: string, content: string | Buffer): Promise<string> {
  const path = join(directory.path, file)
  await writeFile(path, content, { mode: 0o600 })
  return path
}

/** Returns the certificate that the API server made for itself. */
async function untilReady(layout: Layout, servers: readonly ServerProcess[]): Promise<string> {
  const signal = AbortSignal.any(servers.map((server) => server.ended))
  return until({ what: 'the API server', limitMs: readyLimitMs, signal }, async () => {
    const certificate = await readFile(join(layout.directory, files.serverCertificate), 'utf8')
    return (await isReady(`${apiServerUrl(layout)}/readyz`, certificate)) ? certificate : undefined
  })
}

async function isReady(url: string, ca: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    httpsRequest(url, { ca, agent: false, timeout: 5_000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
      .on('timeout', () => {
        reject(new Error('/readyz does not answer'))
      })
      .on('error', reject)
      .end()
  })
}

async function untilServiceAccounts(kubectl: Kubectl, signal: AbortSignal): Promise<void> {
  await until({ what: 'the ServiceAccount "default"', limitMs: readyLimitMs, signal }, async () => {
    const { status, stderr } = await kubectl(['get', 'serviceaccount', 'default', '--namespace=default'])
    if (status !== 0) throw new Error(stderr.trim())
    return true
  })
}

async function requestToken(kubectl: Kubectl, account: { serviceAccount: string; namespace: string }) {
  const { status, stdout, stderr } = await kubectl([
    'create',
    'token',
    account.serviceAccount,
    `--namespace=${account.namespace}`,
  ])
  if (status !== 0) throw new Error(`no token for ${account.namespace}/${account.serviceAccount}: ${stderr.trim()}`)
  return { token: stdout.trim() }
}
