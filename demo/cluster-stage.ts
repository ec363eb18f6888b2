/** The real thing: kube-apiserver, etcd, controllers, two registries, the shipped manifests, the built program, kubectl. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { Binaries } from '../test/support/binaries.ts'
import { type ControlPlane, startControlPlane } from '../test/support/control-plane.ts'
import { installPullgate } from '../test/support/installed-pullgate.ts'
import { bindKubectl, type KubectlResult } from '../test/support/kubectl.ts'
import { pushImage } from '../test/support/push-image.ts'
import { registryAccounts, startRegistry } from '../test/support/registry-server.ts'
import { type DemoCase, demoConfig, namespaces, type Outcome, pushed, type Registries, secretNames } from './cases.ts'
import type { Progress, Stage } from './stage.ts'

// Image references read better with the name than with the address; both are loopback.
const named = (host: string): string => host.replace('127.0.0.1', 'localhost')

type Closing = { readonly close: () => Promise<void> }

const startRegistries = async (binaries: Binaries, closing: Closing[]): Promise<Registries> => {
  const { robot } = registryAccounts
  const open = await startRegistry(binaries)
  closing.push({ close: open.stop })
  const closed = await startRegistry(binaries, { htpasswd: [robot] })
  closing.push({ close: closed.stop })
  for (const image of pushed.open) await pushImage(open.url, image)
  for (const image of pushed.private) await pushImage(closed.url, { ...image, auth: robot })
  return { open: named(open.host), private: named(closed.host) }
}

const orThrow = ({ status, stderr }: KubectlResult): void => {
  if (status !== 0) throw new Error(`the demo could not be set up: ${stderr}`)
}

const prepareNamespaces = async ({ kubectl }: ControlPlane, registry: string): Promise<void> => {
  for (const [mode, name] of [
    ['enforce', namespaces.enforced],
    ['warn', namespaces.warned],
  ] as const) {
    orThrow(await kubectl(['create', 'namespace', name]))
    orThrow(await kubectl(['label', 'namespace', name, `pullgate.dev/mode=${mode}`]))
  }
  const { username, password } = registryAccounts.robot
  for (const [name, secret] of [
    [secretNames.good, password],
    [secretNames.stale, 'the password of last year'],
  ] as const) {
    const login = [`--docker-server=${registry}`, `--docker-username=${username}`, `--docker-password=${secret}`]
    orThrow(await kubectl(['create', 'secret', 'docker-registry', name, '-n', namespaces.enforced, ...login]))
  }
}

const outcomeOf = ({ status, stderr }: KubectlResult): Outcome => {
  if (status !== 0) return stderr.includes('denied the request') ? 'refused' : 'admitted'
  return stderr.includes('Warning:') ? 'admitted with a warning' : 'admitted'
}

export const openClusterStage = async (binaries: Binaries, progress: Progress): Promise<Stage> => {
  const closing: Closing[] = []
  const close = async (): Promise<void> => {
    for (const part of closing.toReversed()) await part.close()
  }
  try {
    progress('starting etcd, kube-apiserver and kube-controller-manager')
    const plane = await startControlPlane(binaries)
    closing.push({ close: plane.stop })
    progress('starting two registries and pushing a few images')
    const registries = await startRegistries(binaries, closing)
    progress('applying manifests/ and starting pullgate serve')
    const pullgate = await installPullgate(plane, { config: demoConfig })
    closing.push({ close: pullgate.stop })
    await prepareNamespaces(plane, registries.private)
    return { ...playedOn(plane, binaries), registries, close }
  } catch (error) {
    await close()
    throw error
  }
}

const argumentsOf = ({ file, dryRun }: DemoCase): string[] => [
  'apply',
  '-f',
  file,
  ...(dryRun ? ['--dry-run=server'] : []),
]

const playedOn = (plane: ControlPlane, binaries: Binaries): Omit<Stage, 'registries' | 'close'> => {
  const kubectl = bindKubectl(binaries.kubectl, plane.kubeconfig, plane.directory, plane.directory)
  return {
    command: (played) => `kubectl ${argumentsOf(played).join(' ')}`,
    apply: async (played) => {
      await writeFile(join(plane.directory, played.file), stringify(played.manifest))
      const result = await kubectl(argumentsOf(played))
      return { output: `${result.stderr}${result.stdout}`.trimEnd(), outcome: outcomeOf(result) }
    },
    hints: [
      `export KUBECONFIG=${plane.kubeconfig}`,
      `alias kubectl=${binaries.kubectl}`,
      `kubectl create deployment mine -n ${namespaces.enforced} --image=localhost:1/nobody/home:1.0`,
      `kubectl get pods,deployments -n ${namespaces.enforced}    # objects only: there are no nodes here`,
      `ls ${plane.directory}/*.yaml                # the manifests of the cases above`,
    ],
  }
}
