import type { Test } from 'tap'
import type { Binaries } from './binaries.ts'
import { type ControlPlane, startControlPlane } from './control-plane.ts'
import { type InstalledPullgate, installPullgate } from './installed-pullgate.ts'
import type { KubectlResult } from './kubectl.ts'

/** A metric's samples whose labels are at least these, added up. */
export type MetricSum = (name: string, labels?: Readonly<Record<string, string>>) => Promise<number>

export type GatedCluster = {
  plane: ControlPlane
  pullgate: InstalledPullgate
  kubectl: ControlPlane['kubectl']
  /** `kubectl apply` of these objects, in this order. */
  apply: (namespace: string, objects: object | readonly object[], ...flags: string[]) => Promise<KubectlResult>
  addNamespace: (name: string, mode?: string) => Promise<void>
  /** Throws where kubectl fails; for steps that are not what the test is about. */
  must: (...args: string[]) => Promise<string>
  ofPullgate: MetricSum
  ofApiServer: MetricSum
}

const sumIn = (text: string, name: string, labels: Readonly<Record<string, string>>): number =>
  text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)

const asOneList = (objects: object | readonly object[]): object =>
  Array.isArray(objects) ? { apiVersion: 'v1', kind: 'List', items: objects as object[] } : objects

/** A control plane with Pullgate installed from the shipped manifests; both go with the test. */
export const startGatedCluster = async (t: Test, binaries: Binaries, config: string): Promise<GatedCluster> => {
  const plane = await startControlPlane(binaries)
  t.teardown(plane.stop)
  const pullgate = await installPullgate(plane, { config })
  t.teardown(pullgate.stop)
  const { kubectl } = plane
  const must = async (...args: string[]): Promise<string> => {
    const { status, stdout, stderr } = await kubectl(args)
    if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`)
    return stdout
  }
  return {
    plane,
    pullgate,
    kubectl,
    must,
    apply: async (namespace, objects, ...flags) =>
      kubectl(['apply', '-n', namespace, '-f', '-', ...flags], JSON.stringify(asOneList(objects))),
    addNamespace: async (name, mode) => {
      await must('create', 'namespace', name)
      if (mode !== undefined) await must('label', 'namespace', name, `pullgate.dev/mode=${mode}`)
    },
    ofPullgate: async (name, labels = {}) =>
      sumIn(await (await fetch(`${pullgate.metricsUrl}/metrics`)).text(), name, labels),
    ofApiServer: async (name, labels = {}) => sumIn(await must('get', '--raw', '/metrics'), name, labels),
  }
}
