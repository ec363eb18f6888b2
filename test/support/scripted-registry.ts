import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * A registry and its token server on a loopback port, scripted as data: what a real registry does, and what a real one
 * cannot be made to do. A request it does not know is answered 500 and kept in `unexpected`, which tests assert empty.
 */

export type ScriptedManifest = {
  /** Default: an OCI image manifest. */
  mediaType?: string
  body?: string
  /** Instead of what belongs there; `undefined` leaves a header out. */
  headers?: Record<string, string | undefined>
  /** The tag answers, its digest is a 404. */
  isGone?: boolean
}

type ScriptedAccount = { username: string; password: string; pull: readonly string[] }

type ScriptedAuth =
  | { kind: 'basic'; accounts: readonly ScriptedAccount[] }
  | {
      kind: 'bearer'
      accounts: readonly ScriptedAccount[]
      /** Anybody may pull from these. */
      publicRepositories?: readonly string[]
      /** Instead of `/token` at the host that was asked. */
      realm?: string
      /** A token server without rights to give refuses anonymous with this status, instead of a token without access. */
      anonymousStatus?: number
      /** What POST is answered with where only GET is known. */
      postStatus?: number
      expiresInSeconds?: number
    }

type Fault =
  | { kind: 'answer'; status: number; headers?: OutgoingHttpHeaders; body?: string | Buffer }
  | { kind: 'redirect'; to: string; status?: number }
  /** Nothing at all, headers without an end of the body, or a body byte by byte. */
  | { kind: 'hang'; at: 'headers' | 'body' }
  | { kind: 'drip'; byte: string; everyMilliseconds: number }
  | { kind: 'flood'; bytes: number; headers?: OutgoingHttpHeaders }
  | { kind: 'reset' }
  | { kind: 'garbage'; text: string }

export type RegistryScript = {
  /** Repository -> tag -> manifest. */
  repositories?: Record<string, Record<string, ScriptedManifest>>
  auth?: ScriptedAuth
  /** By path or by method and path; of a list each request takes one, the rest is answered as usual. */
  faults?: Record<string, Fault | Fault[]>
  /** PEM. */
  tls?: { cert: string; key: string }
  /** Before every answer. */
  delayMilliseconds?: number
}

type RecordedRequest = {
  method: string
  path: string
  query: string
  accept: string
  /** Of the Authorization header, or of a password grant. */
  scheme: 'Basic' | 'Bearer' | 'password' | undefined
  account: string | undefined
}

export type ScriptedRegistry = {
  host: string
  port: number
  origin: string
  /** May be changed between requests. */
  script: RegistryScript
  requests: RecordedRequest[]
  unexpected: string[]
  close: () => Promise<void>
}

export const ociManifest = 'application/vnd.oci.image.manifest.v1+json'
const apiVersion = { 'docker-distribution-api-version': 'registry/2.0' }
const usualBody = (tag: string) => JSON.stringify({ schemaVersion: 2, mediaType: ociManifest, annotations: { tag } })
const bodyOf = (tag: string, manifest: ScriptedManifest) => manifest.body ?? usualBody(tag)

export const digestOfTag = (tag: string, manifest: ScriptedManifest = {}): string =>
  `sha256:${createHash('sha256').update(bodyOf(tag, manifest)).digest('hex')}`

export async function startScriptedRegistry(script: RegistryScript = {}): Promise<ScriptedRegistry> {
  const registry: ScriptedRegistry = {
    host: '',
    port: 0,
    origin: '',
    script,
    requests: [],
    unexpected: [],
    close: async () => {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answer(registry, request, response).catch((error: unknown) => {
      registry.unexpected.push(String(error))
      response.destroy()
    })
  }
  const server = script.tls ? createTlsServer(script.tls, handle) : createServer(handle)
  // Clients that speak the wrong protocol, or go in the middle, are part of the play.
  server.on('tlsClientError', () => undefined)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  registry.port = (server.address() as AddressInfo).port
  registry.host = `127.0.0.1:${registry.port}`
  registry.origin = `${script.tls ? 'https' : 'http'}://${registry.host}`
  return registry
}

async function answer(registry: ScriptedRegistry, request: IncomingMessage, response: ServerResponse) {
  const { script } = registry
  const visit = await readVisit(request)
  registry.requests.push(visit.recorded)
  if (script.delayMilliseconds !== undefined) await pause(script.delayMilliseconds)
  const { method, path } = visit.recorded
  const fault = takeFault(script, `${method} ${path}`) ?? takeFault(script, path)
  if (fault !== undefined) misbehave(fault, response)
  else if (path === '/token') giveToken(script, visit, response)
  else if (!serve(script, visit, response)) {
    registry.unexpected.push(`${method} ${path}`)
    send(response, 500, { body: 'unexpected' })
  }
}

type Visit = { recorded: RecordedRequest; host: string; password: string; token: string; scopes: readonly string[] }

async function readVisit(request: IncomingMessage): Promise<Visit> {
  const { method = '', headers } = request
  const url = new URL(request.url ?? '/', 'http://registry.invalid')
  const form = new URLSearchParams(method === 'POST' ? await text(request) : '')
  const caller = form.has('username') ? callerOfForm(form) : callerOfHeader(headers.authorization ?? '')
  const scopes = [...url.searchParams.getAll('scope'), ...(form.get('scope') ?? '').split(' ')]
  return {
    recorded: { method, path: url.pathname, query: url.search, accept: headers.accept ?? '', ...caller.recorded },
    host: headers.host ?? '',
    password: caller.password,
    token: caller.token,
    scopes: scopes.flatMap((scope) => /^repository:(.+):pull$/.exec(scope)?.[1] ?? []),
  }
}

type Caller = { recorded: Pick<RecordedRequest, 'scheme' | 'account'>; password: string; token: string }

const callerOfForm = (form: URLSearchParams): Caller => ({
  recorded: { scheme: 'password', account: form.get('username') ?? '' },
  password: form.get('password') ?? '',
  token: '',
})

function callerOfHeader(authorization: string): Caller {
  const [scheme, value = ''] = authorization.split(' ')
  if (scheme === 'Bearer')
    return { recorded: { scheme, account: readToken(value)?.account }, password: '', token: value }
  if (scheme !== 'Basic') return { recorded: { scheme: undefined, account: undefined }, password: '', token: '' }
  const [, account = '', password = ''] = /^([^:]*):([^]*)$/.exec(Buffer.from(value, 'base64').toString()) ?? []
  return { recorded: { scheme, account }, password, token: '' }
}

/** `false`: not a request that a registry knows. */
function serve(script: RegistryScript, visit: Visit, response: ServerResponse): boolean {
  const { method, path } = visit.recorded
  const [, repository, kind, name] = /^\/v2\/(.+?)\/(manifests|tags)\/([^/]+)$/.exec(path) ?? []
  if (repository === undefined || name === undefined || !['GET', 'HEAD'].includes(method)) return false
  const challenge = challengeFor(script, visit, repository)
  if (challenge !== undefined) sendError(response, 401, 'UNAUTHORIZED', challenge)
  else if (kind === 'tags') sendTags(script, repository, response)
  else sendManifest(script, repository, name, response)
  return true
}

function takeFault({ faults = {} }: RegistryScript, key: string): Fault | undefined {
  const fault = faults[key]
  return Array.isArray(fault) ? fault.shift() : fault
}

const misbehave = (fault: Fault, response: ServerResponse) => {
  const play = plays[fault.kind] as (fault: Fault, response: ServerResponse) => void
  play(fault, response)
}

const plays: { [K in Fault['kind']]: (fault: Extract<Fault, { kind: K }>, response: ServerResponse) => void } = {
  answer: (fault, response) => {
    send(response, fault.status, fault)
  },
  redirect: ({ to, status = 307 }, response) => {
    send(response, status, { headers: { location: to } })
  },
  hang: ({ at }, response) => {
    if (at === 'body') response.writeHead(200, { 'content-length': 1000, 'content-type': ociManifest }).write('{')
  },
  drip: ({ byte, everyMilliseconds }, response) => {
    response.writeHead(200, { 'content-type': ociManifest }).flushHeaders()
    const drip = setInterval(() => response.write(byte), everyMilliseconds)
    response.once('close', () => {
      clearInterval(drip)
    })
  },
  flood: ({ bytes, headers }, response) => {
    send(response, 200, { headers, body: Buffer.alloc(bytes, ' ') })
  },
  reset: (_fault, response) => {
    response.socket?.destroy()
  },
  garbage: (fault, response) => {
    response.socket?.end(fault.text)
  },
}

// A token says what it grants, so that another server may have issued it.
type Token = { account: string; pull: readonly string[]; number: number }
let tokensIssued = 0
const writeToken = (token: Token) => Buffer.from(JSON.stringify(token)).toString('base64url')
const readToken = (value: string): Token | undefined => {
  try {
    return JSON.parse(Buffer.from(value, 'base64url').toString()) as Token
  } catch {
    return undefined
  }
}

function giveToken({ auth }: RegistryScript, visit: Visit, response: ServerResponse) {
  if (auth?.kind !== 'bearer') {
    sendError(response, 404, 'UNSUPPORTED')
    return
  }
  const { pull = [], username = '' } = accountOf(auth, visit) ?? {}
  const allowed = [...pull, ...(auth.publicRepositories ?? [])]
  const granted = visit.scopes.filter((repository) => allowed.includes(repository))
  const refusal = tokenRefusal(auth, visit, username !== '' || granted.length > 0)
  if (refusal !== undefined) {
    sendError(response, refusal, 'DENIED')
    return
  }
  tokensIssued += 1
  const token = writeToken({ account: username, pull: granted, number: tokensIssued })
  const body = JSON.stringify({ token, access_token: token, expires_in: auth.expiresInSeconds ?? 300 })
  send(response, 200, { headers: { 'content-type': 'application/json' }, body })
}

type BearerAuth = Extract<ScriptedAuth, { kind: 'bearer' }>

const accountOf = ({ accounts }: ScriptedAuth, { recorded, password }: Visit) =>
  accounts.find((known) => known.username === recorded.account && known.password === password)

function tokenRefusal(auth: BearerAuth, visit: Visit, hasSomeRight: boolean): number | undefined {
  const { method, account } = visit.recorded
  if (method === 'POST' && auth.postStatus !== undefined) return auth.postStatus
  if (account !== undefined && accountOf(auth, visit) === undefined) return 401
  return hasSomeRight ? undefined : auth.anonymousStatus
}

/** For whoever may not pull from the repository. */
function challengeFor({ auth, tls }: RegistryScript, visit: Visit, repository: string): string | undefined {
  if (auth === undefined) return undefined
  if (auth.kind === 'basic') return accountOf(auth, visit) === undefined ? 'Basic realm="scripted"' : undefined
  const token = readToken(visit.token)
  if (token?.pull.includes(repository)) return undefined
  const realm = auth.realm ?? `${tls ? 'https' : 'http'}://${visit.host}/token`
  const error = token === undefined ? 'invalid_token' : 'insufficient_scope'
  const complaint = visit.token === '' ? '' : `,error="${error}"`
  return `Bearer realm="${realm}",service="scripted",scope="repository:${repository}:pull"${complaint}`
}

function sendTags({ repositories = {} }: RegistryScript, repository: string, response: ServerResponse) {
  const tags = repositories[repository]
  if (tags === undefined) sendError(response, 404, 'NAME_UNKNOWN')
  else send(response, 200, { headers: apiVersion, body: JSON.stringify({ name: repository, tags: Object.keys(tags) }) })
}

function sendManifest(
  { repositories = {} }: RegistryScript,
  repository: string,
  name: string,
  response: ServerResponse,
) {
  const manifests = Object.entries(repositories[repository] ?? {})
  const entry =
    manifests.find(([tag]) => tag === name) ??
    manifests.find(([tag, manifest]) => digestOfTag(tag, manifest) === name && manifest.isGone !== true)
  if (entry === undefined) {
    sendError(response, 404, 'MANIFEST_UNKNOWN')
    return
  }
  const [tag, manifest] = entry
  const body = bodyOf(tag, manifest)
  const headers: Record<string, string | undefined> = {
    ...apiVersion,
    'content-type': manifest.mediaType ?? ociManifest,
    'docker-content-digest': digestOfTag(tag, manifest),
    'content-length': String(Buffer.byteLength(body)),
    ...manifest.headers,
  }
  const present = Object.entries(headers).filter(([, value]) => value !== undefined)
  // A chunked answer is the only one without a length.
  if (headers['content-length'] === undefined) present.push(['transfer-encoding', 'chunked'])
  send(response, 200, { headers: Object.fromEntries(present), body })
}

function sendError(response: ServerResponse, status: number, code: string, challenge?: string) {
  const headers = { ...apiVersion, ...(challenge === undefined ? {} : { 'www-authenticate': challenge }) }
  send(response, status, { headers, body: JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }) })
}

type Content = { headers?: OutgoingHttpHeaders | undefined; body?: string | Buffer | undefined }

function send(response: ServerResponse, status: number, { headers = {}, body = '' }: Content) {
  response.writeHead(status, headers).end(body)
}
