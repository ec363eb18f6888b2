import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments, stringify } from 'yaml'
import type { ControlPlane } from './control-plane.ts'
import { findFreePorts } from './free-ports.ts'
import { makeGuardedDirectory } from './guarded-directory.ts'
import type { KubectlResult } from './kubectl.ts'
import { startServerProcess } from './server-process.ts'
import { until } from './until.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))
export const builtProgram = join(project, 'dist/pullgate.mjs')
const namespace = 'pullgate-system'
// Below 1024 a port takes a privilege, which a test should not need; the shipped manifests say 443.
const servicePort = 8443

export type InstalledPullgate = {
  /** Where metrics and health are served: http://127.0.0.1:PORT */
  metricsUrl: string
  log: () => Promise<string>
  /** SIGTERM, and the exit status. */
  terminate: () => Promise<void>
  stop: () => Promise<void>
}

export type InstallOptions = {
  /** The configuration file's text. */
  config: string
  /** A folder to `kubectl apply -k`, relative to the project. */
  manifests?: string
  overrides?: readonly string[]
}

type Manifest = {
  kind: string
  metadata: { name: string }
  spec?: { ports?: { name: string; port: number }[] }
  webhooks?: { clientConfig: { service: { port: number } } }[]
}

const onServicePort = (manifest: Manifest): Manifest => {
  for (const port of manifest.kind === 'Service' ? (manifest.spec?.ports ?? []) : []) {
    if (port.name === 'https') port.port = servicePort
  }
  for (const { clientConfig } of manifest.webhooks ?? []) clientConfig.service.port = servicePort
  return manifest
}

const orThrow = (result: KubectlResult): string => {
  if (result.status !== 0) throw new Error(`kubectl failed: ${result.stderr}${result.stdout}`)
  return result.stdout
}

/** The shipped manifests, as `kubectl apply -k` would apply them, apart from the port. */
export const applyManifests = async ({ kubectl }: ControlPlane, folder: string): Promise<string> => {
  const rendered = orThrow(await kubectl(['kustomize', join(project, folder)]))
  const manifests = parseAllDocuments(rendered).map((document) => onServicePort(document.toJS() as Manifest))
  return orThrow(await kubectl(['apply', '-f', '-'], manifests.map((manifest) => stringify(manifest)).join('---\n')))
}

export const isReady = async (url: string): Promise<boolean> =>
  new Promise((resolve, reject) => {
    const asking = request(`${url}/readyz`, { timeout: 2000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asking.once('error', reject)
    asking.end()
  })

const cannotBeRead = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'pullgate-answers', namespace: 'pullgate-canary' },
  spec: { containers: [{ name: 'app', image: 'Not A Reference' }] },
}

/** The API server takes a moment to see a new webhook and its caBundle. */
const waitUntilAsked = async ({ kubectl }: ControlPlane, ended: AbortSignal): Promise<void> => {
  orThrow(await kubectl(['create', 'namespace', 'pullgate-canary']))
  orThrow(await kubectl(['label', 'namespace', 'pullgate-canary', 'pullgate.dev/mode=enforce']))
  await until({ what: 'the API server to ask Pullgate', limitMs: 20_000, signal: ended }, async () => {
    const { stderr } = await kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(cannotBeRead))
    if (stderr.includes('enforce.pullgate.dev')) return true
    throw new Error(stderr)
  })
  orThrow(await kubectl(['delete', 'namespace', 'pullgate-canary', '--wait=false']))
}

/**
 * What `kubectl apply -k manifests` gives a cluster, except that nothing runs Pods here: the built program runs as a
 * process, as the ServiceAccount of the manifests and at the address of their Service.
 */
export const installPullgate = async (plane: ControlPlane, options: InstallOptions): Promise<InstalledPullgate> => {
  const directory = await makeGuardedDirectory('pullgate-installed')
  try {
    await applyManifests(plane, options.manifests ?? 'manifests')
    const address = orThrow(
      await plane.kubectl(['get', 'service', 'pullgate', '-n', namespace, '-o', 'jsonpath={.spec.clusterIP}']),
    )
    const kubeconfig = await plane.kubeconfigFor({ serviceAccount: 'pullgate', namespace })
    const config = join(directory.path, 'config.yaml')
    await writeFile(config, options.config)
    const [metricsPort = 0] = await findFreePorts(1)
    const server = await startServerProcess(directory, {
      name: 'pullgate',
      binary: process.execPath,
      args: [
        builtProgram,
        'serve',
        ...['--config', config, '--kubeconfig', kubeconfig, '--namespace', namespace],
        ...['--listen', `${address}:${servicePort}`, '--metrics-listen', `127.0.0.1:${metricsPort}`],
        ...(options.overrides ?? []),
      ],
    })
    const metricsUrl = `http://127.0.0.1:${metricsPort}`
    const stop = async () => {
      await server.stop()
      await directory.remove()
    }
    const waiting = { what: 'Pullgate to be ready', limitMs: 20_000, signal: server.ended }
    await until(waiting, async () => ((await isReady(metricsUrl)) ? true : undefined))
    await waitUntilAsked(plane, server.ended)
    return { metricsUrl, log: server.log, stop, terminate: () => terminate(server) }
  } catch (error) {
    await directory.remove()
    throw error
  }
}

const terminate = async ({ pid, ended }: { pid: number; ended: AbortSignal }): Promise<void> => {
  process.kill(pid, 'SIGTERM')
  await until({ what: 'Pullgate to stop', limitMs: 30_000 }, async () => (ended.aborted ? true : undefined))
}
