/** Objects as a user would write them, for a real API server: whole, and no longer than they have to be. */

type Extra = Readonly<Record<string, unknown>>

/** Containers `app`, `c1`, `c2`, …, one for each image. */
export const podSpecWith = (images: string | readonly string[], extra: Extra = {}): object => ({
  containers: [images].flat().map((image, index) => ({ name: index === 0 ? 'app' : `c${index}`, image })),
  ...extra,
})

const templateFor = (name: string, podSpec: object): object => ({ metadata: { labels: { app: name } }, spec: podSpec })
const selectorFor = (name: string): object => ({ matchLabels: { app: name } })

export const podOf = (name: string, podSpec: object, metadata: Extra = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: podSpec,
})

export const deploymentOf = (name: string, podSpec: object, replicas = 1, metadata: Extra = {}): object => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: { replicas, selector: selectorFor(name), template: templateFor(name, podSpec) },
})

export const statefulSetOf = (name: string, podSpec: object, replicas: number): object => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name },
  spec: {
    replicas,
    serviceName: name,
    // Nothing runs here, so the first Pod would be waited for in vain.
    podManagementPolicy: 'Parallel',
    selector: selectorFor(name),
    template: templateFor(name, podSpec),
  },
})

export const cronJobOf = (name: string, podSpec: object): object => ({
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name },
  spec: {
    schedule: '0 0 1 1 *',
    jobTemplate: { spec: { template: { spec: { ...podSpec, restartPolicy: 'Never' } } } },
  },
})
