import type { Test } from 'tap'
import { Agent, request } from 'undici'
import { type ApiServer, startApiServer } from '../support/api-server.ts'
import { type ScriptedRegistry, startScriptedRegistry } from '../support/scripted-registry.ts'
import { type StandalonePullgate, startStandalonePullgate } from '../support/standalone-pullgate.ts'

export const configFor = (more = ''): string => `apiVersion: pullgate.dev/v1alpha1
kind: PullgateConfiguration
registries: {addresses: {allow: [127.0.0.0/8]}}
${more}`

/** Ten, each of another kind: each wants a line of its own. */
export const tenMistakes = `apiVersion: pullgate.dev/v2
kind: PullgateConfiguration
mode: enforced
onUnkown: warn
checks: {latest-tags: warn}
causes: {rate-limited: never}
exemptions: {namespaces: ["!shop"]}
overrides: {namespaces: [shop]}
registries: {addresses: {allow: [300.0.0.0/8]}, hostsDir: /etc/certs.d}
limits: {perRegistry: 0}
`

export type World = {
  api: ApiServer
  registry: ScriptedRegistry
  pullgate: StandalonePullgate
  post: (body: string | Buffer, headers?: Record<string, string>) => Promise<{ status: number; text: string }>
}

export const password = 'correct-horse-battery-staple'

/** The built program, and all it speaks with, on loopback. */
export const openWorld = async (t: Test, flags: readonly string[] = []): Promise<World> => {
  const registry = await startScriptedRegistry({
    repositories: { 'shop/pay': { v1: {} } },
    auth: { kind: 'basic', accounts: [{ username: 'robot', password, pull: ['shop/pay'] }] },
  })
  t.teardown(registry.close)
  const api = await startApiServer()
  t.teardown(api.close)
  const pullgate = await startStandalonePullgate({ config: configFor(), kubeconfig: api.kubeconfig, flags })
  t.teardown(pullgate.stop)
  const dispatcher = new Agent({ connect: { ca: pullgate.authority } })
  t.teardown(() => dispatcher.destroy())
  const post: World['post'] = async (body, headers = { 'content-type': 'application/json' }) => {
    const answer = await request(`${pullgate.url}/validate/enforce?timeout=5s`, {
      dispatcher,
      method: 'POST',
      headers,
      body,
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }
  return { api, registry, pullgate, post }
}

export const reviewOf = (image: string, secret?: string, annotations: Record<string, string> = {}): string =>
  JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u-1',
      kind: { group: '', version: 'v1', kind: 'Pod' },
      namespace: 'shop',
      name: 'pay',
      operation: 'CREATE',
      userInfo: { username: 'alice' },
      object: {
        metadata: { name: 'pay', namespace: 'shop', annotations },
        spec: {
          containers: [{ name: 'app', image }],
          ...(secret === undefined ? {} : { imagePullSecrets: [{ name: secret }] }),
        },
      },
      oldObject: null,
      dryRun: false,
    },
  })
