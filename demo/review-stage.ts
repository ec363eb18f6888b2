/** Without a control plane: the same program and cases, the AdmissionReviews an API server would send, and a scripted registry. */
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'undici'
import { secretPath, startApiServer } from '../test/support/api-server.ts'
import { startScriptedRegistry } from '../test/support/scripted-registry.ts'
import { type StandalonePullgate, startStandalonePullgate } from '../test/support/standalone-pullgate.ts'
import { type DemoCase, demoConfig, namespaces, pushed, type Registries, secretNames } from './cases.ts'
import type { Applied, Progress, Stage } from './stage.ts'

const account = { username: 'robot', password: 'robot-secret' }

const tagsOf = (
  images: readonly { readonly repository: string; readonly tag: string }[],
): Record<string, Record<string, object>> => {
  const repositories: Record<string, Record<string, object>> = {}
  for (const { repository, tag } of images) repositories[repository] = { ...repositories[repository], [tag]: {} }
  return repositories
}

const pullSecret = (registry: string, password: string): Record<string, unknown> => {
  const auths = { [registry]: { username: account.username, password } }
  const data = Buffer.from(JSON.stringify({ auths })).toString('base64')
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': data },
  }
}

type Manifest = { readonly metadata: { readonly name: string; readonly namespace: string } }

const reviewOf = (manifest: Manifest, dryRun: boolean): object => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: {
    uid: randomUUID(),
    kind: { group: 'apps', version: 'v1', kind: 'Deployment' },
    resource: { group: 'apps', version: 'v1', resource: 'deployments' },
    name: manifest.metadata.name,
    namespace: manifest.metadata.namespace,
    operation: 'CREATE',
    userInfo: { username: 'demo', groups: ['system:authenticated'] },
    object: manifest,
    oldObject: null,
    dryRun,
    options: null,
  },
})

type Answer = {
  readonly response: {
    readonly allowed: boolean
    readonly status?: { readonly message: string }
    readonly warnings?: readonly string[]
  }
}

const modeOf = (manifest: Manifest): string => (manifest.metadata.namespace === namespaces.warned ? 'warn' : 'enforce')

/** In the words kubectl would use. */
const inKubectlsWords = ({ response }: Answer, { file, manifest, dryRun }: DemoCase): Applied => {
  const warnings = (response.warnings ?? []).map((warning) => `Warning: ${warning}`)
  if (!response.allowed) {
    const denied = `admission webhook "${modeOf(manifest as Manifest)}.pullgate.dev" denied the request: ${response.status?.message ?? ''}`
    return {
      output: [...warnings, `Error from server (Forbidden): error when creating "${file}": ${denied}`].join('\n'),
      outcome: 'refused',
    }
  }
  const created = `deployment.apps/${(manifest as Manifest).metadata.name} created${dryRun ? ' (server dry run)' : ''}`
  return {
    output: [...warnings, created].join('\n'),
    outcome: warnings.length > 0 ? 'admitted with a warning' : 'admitted',
  }
}

const playedOn = (pullgate: StandalonePullgate, registries: Registries): Omit<Stage, 'close'> => {
  const dispatcher = new Agent({ connect: { ca: pullgate.authority } })
  return {
    registries,
    command: ({ file, dryRun }) =>
      `kubectl apply -f ${file}${dryRun ? ' --dry-run=server' : ''}    # played: an AdmissionReview`,
    apply: async (played) => {
      const manifest = played.manifest as Manifest
      const answer = await request(`${pullgate.url}/validate/${modeOf(manifest)}?timeout=5s`, {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(reviewOf(manifest, played.dryRun === true)),
      })
      return inKubectlsWords((await answer.body.json()) as Answer, played)
    },
    hints: [
      `curl -sk ${pullgate.url}/validate/enforce -H 'content-type: application/json' -d @review.json`,
      `curl -s ${pullgate.metricsUrl}/metrics`,
    ],
  }
}

export const openReviewStage = async (progress: Progress): Promise<Stage> => {
  const closing: (() => Promise<void>)[] = []
  const close = async (): Promise<void> => {
    for (const part of closing.toReversed()) await part()
  }
  try {
    progress('starting two scripted registries, a stand-in for the API server, and pullgate serve')
    const open = await startScriptedRegistry({ repositories: tagsOf(pushed.open) })
    closing.push(open.close)
    const accounts = [{ ...account, pull: pushed.private.map(({ repository }) => repository) }]
    const closed = await startScriptedRegistry({
      repositories: tagsOf(pushed.private),
      auth: { kind: 'basic', accounts },
    })
    closing.push(closed.close)
    const api = await startApiServer()
    closing.push(api.close)
    const registries = { open: `localhost:${open.port}`, private: `localhost:${closed.port}` }
    api.put(secretPath(namespaces.enforced, secretNames.good), pullSecret(registries.private, account.password))
    api.put(
      secretPath(namespaces.enforced, secretNames.stale),
      pullSecret(registries.private, 'the password of last year'),
    )
    const service = { apiVersion: 'v1', kind: 'ServiceAccount' }
    for (const namespace of Object.values(namespaces))
      api.put(`/api/v1/namespaces/${namespace}/serviceaccounts/default`, service)
    const pullgate = await startStandalonePullgate({ config: demoConfig, kubeconfig: api.kubeconfig })
    closing.push(pullgate.stop)
    return { ...playedOn(pullgate, registries), close }
  } catch (error) {
    await close()
    throw error
  }
}
