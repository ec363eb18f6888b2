import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { issueAuthority, issueServing } from '../../src/certs/issue.ts'
import { writeKubeconfig } from './kubeconfig.ts'

export type Json = Record<string, unknown>
export type SeenRequest = {
  method: string
  path: string
  body: string
  authorization: string
  contentType: string
  impersonated: string
}

/** What goes wrong instead of the answer. A function answers by itself. */
export type Fault =
  | 'forbidden'
  | 'unauthorized'
  | 'server-error'
  | 'foreign-404'
  | 'hang'
  | 'reset'
  | 'garbage'
  | 'other-object'
  | 'null'
  | 'huge'
  | OwnAnswer

type OwnAnswer = (response: ServerResponse) => void

export type ApiServer = {
  url: string
  /** A kubeconfig that leads here, as a file that goes with the server. */
  kubeconfig: string
  token: string
  requests: SeenRequest[]
  connections: () => number
  /** Objects by their path in the API; each change gets a new resourceVersion. */
  put: (path: string, object: Json) => void
  get: (path: string) => Json | undefined
  remove: (path: string) => void
  /** The user holds the verb `bypass` on `admissions.pullgate.dev` there. */
  grantBypass: (user: string, namespace: string) => void
  /** For the given number of requests, or until `mend`. */
  fail: (method: string, path: string, fault: Fault, times?: number) => void
  mend: () => void
  /** Runs before the request is answered: to change the world at that moment, or to keep the request waiting. */
  before: (method: string, path: string, action: () => void | Promise<void>) => void
  close: () => Promise<void>
}

export const secretPath = (namespace: string, name: string): string => `/api/v1/namespaces/${namespace}/secrets/${name}`
export const accountPath = (namespace: string, name: string): string =>
  `/api/v1/namespaces/${namespace}/serviceaccounts/${name}`
export const configurationPath = (name: string): string =>
  `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${name}`

export const accessReviewPath = '/apis/authorization.k8s.io/v1/subjectaccessreviews'

const token = 'token-of-the-test-service-account'

/** A scripted stand-in for kube-apiserver on loopback: what the real one cannot be made to do on demand. */
export const startApiServer = async (): Promise<ApiServer> => {
  const now = new Date()
  const authority = issueAuthority({ commonName: 'test-api-server', now })
  const serving = issueServing({ authority, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now })
  const objects = new Map<string, Json>()
  const faults = new Map<string, { fault: Fault; times: number }>()
  const actions = new Map<string, () => void | Promise<void>>()
  const requests: SeenRequest[] = []
  const grants = new Set<string>()
  let connections = 0
  let version = 100

  const put = (path: string, object: Json): Json => {
    version += 1
    const name = path.slice(path.lastIndexOf('/') + 1)
    const stored = { ...object, metadata: { name, ...(object['metadata'] as Json), resourceVersion: String(version) } }
    objects.set(path, stored)
    return stored
  }

  const takeFault = (key: string): Fault | undefined => {
    const entry = faults.get(key)
    if (entry === undefined) return undefined
    entry.times -= 1
    if (entry.times <= 0) faults.delete(key)
    return entry.fault
  }

  const server = createServer({ cert: serving.certificate, key: serving.key }, (request, response) => {
    void (async () => {
      const seen = await readRequest(request)
      requests.push(seen)
      const key = `${seen.method} ${seen.path}`
      await actions.get(key)?.()
      const fault = takeFault(key)
      if (fault !== undefined) answerWrongly(fault, request, response)
      else answer({ seen, objects, grants, put }, response)
    })()
  })
  server.on('secureConnection', () => (connections += 1))
  server.on('tlsClientError', () => undefined)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const directory = await mkdtemp(join(tmpdir(), 'pullgate-api-server-'))
  const kubeconfig = join(directory, 'kubeconfig')
  await writeFile(kubeconfig, writeKubeconfig(url, authority.certificate, { token }))
  return {
    url,
    kubeconfig,
    token,
    requests,
    connections: () => connections,
    put,
    get: (path) => objects.get(path),
    remove: (path) => void objects.delete(path),
    grantBypass: (user, namespace) => void grants.add(JSON.stringify([user, { ...bypassIn, namespace }])),
    fail: (method, path, fault, times = Number.POSITIVE_INFINITY) =>
      void faults.set(`${method} ${path}`, { fault, times }),
    mend: () => {
      faults.clear()
      actions.clear()
    },
    before: (method, path, action) => void actions.set(`${method} ${path}`, action),
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const readRequest = async (request: IncomingMessage): Promise<SeenRequest> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return {
    method: request.method ?? '',
    path: (request.url ?? '').split('?')[0] ?? '',
    body: Buffer.concat(chunks).toString(),
    authorization: request.headers.authorization ?? '',
    contentType: request.headers['content-type'] ?? '',
    impersonated: String(request.headers['impersonate-user'] ?? ''),
  }
}

const send = (response: ServerResponse, code: number, body: unknown): void => {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const sendStatus = (response: ServerResponse, code: number, reason: string, message: string): void => {
  send(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message })
}

type World = {
  seen: SeenRequest
  objects: Map<string, Json>
  grants: ReadonlySet<string>
  put: (path: string, object: Json) => Json
}

const bypassIn = { namespace: '', verb: 'bypass', group: 'pullgate.dev', resource: 'admissions' }

/** As the real one does: what is asked comes back, with a status. */
const reviewAccess = ({ grants }: World, response: ServerResponse, review: Json): void => {
  const { user, resourceAttributes } = review['spec'] as { user: string; resourceAttributes: typeof bypassIn }
  const { namespace, verb, group, resource } = resourceAttributes
  const allowed = grants.has(JSON.stringify([user, { namespace, verb, group, resource }]))
  send(response, 201, { ...review, status: { allowed } })
}

const answer = (world: World, response: ServerResponse): void => {
  const { seen, objects, put } = world
  const { method, path } = seen
  const body = seen.body === '' ? undefined : (JSON.parse(seen.body) as unknown)
  if (path === accessReviewPath) {
    reviewAccess(world, response, body as Json)
    return
  }
  if (method === 'POST') {
    const target = `${path}/${String(((body as Json)['metadata'] as Json)['name'])}`
    if (objects.has(target)) sendStatus(response, 409, 'AlreadyExists', `"${target}" already exists`)
    else send(response, 201, put(target, body as Json))
    return
  }
  const current = objects.get(path)
  if (current === undefined) sendStatus(response, 404, 'NotFound', `"${path}" not found`)
  else if (method === 'PATCH') patch(world, response, body as PatchStep[])
  else if (method !== 'PUT') send(response, 200, current)
  else if (versionOf(body as Json) === versionOf(current)) send(response, 200, put(path, body as Json))
  else sendStatus(response, 409, 'Conflict', 'the object has been modified; please apply your changes')
}

const versionOf = (object: Json): unknown => (object['metadata'] as Json)['resourceVersion']

type PatchStep = { op: string; path: string; value: unknown }

const patch = ({ seen, objects, put }: World, response: ServerResponse, steps: PatchStep[]): void => {
  const object = structuredClone(objects.get(seen.path)) as Json
  for (const { op, path, value } of steps) {
    const parts = path.split('/').slice(1)
    const last = parts.pop() ?? ''
    const parent = parts.reduce<Json>((at, part) => at[part] as Json, object)
    if (op === 'test' && parent[last] !== value) {
      sendStatus(response, 422, 'Invalid', 'the server rejected our request due to an error in our request')
      return
    }
    if (op === 'add') parent[last] = value
  }
  send(response, 200, put(seen.path, object))
}

const hugeChunk = Buffer.alloc(1024 * 1024, 'x')

const answerWrongly = (fault: Fault, request: IncomingMessage, response: ServerResponse): void => {
  if (typeof fault === 'function') {
    fault(response)
    return
  }
  const resource = (request.url ?? '').split('/').at(-2) ?? ''
  const who = 'User "system:serviceaccount:pullgate-system:pullgate"'
  const answers: Record<Exclude<Fault, OwnAnswer>, () => unknown> = {
    forbidden: () => {
      sendStatus(response, 403, 'Forbidden', `${resource} is forbidden: ${who} cannot ${request.method ?? ''} resource`)
    },
    unauthorized: () => {
      sendStatus(response, 401, 'Unauthorized', 'Unauthorized')
    },
    'server-error': () => {
      sendStatus(response, 500, 'InternalError', 'etcdserver: request timed out')
    },
    'foreign-404': () => response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>no such page</h1>'),
    hang: () => undefined,
    reset: () => request.socket.destroy(),
    garbage: () =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"Secret","data":{"s3cret'),
    'other-object': () => {
      send(response, 200, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'another' } })
    },
    null: () => {
      send(response, 200, null)
    },
    huge: () => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const more = (): void => {
        if (!response.destroyed) response.write(hugeChunk, more)
      }
      more()
    },
  }
  answers[fault]()
}
