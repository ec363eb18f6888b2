import { generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

export type TokenAccount = { username: string; password: string; pull: readonly string[]; push?: readonly string[] }

export type TokenServerOptions = {
  accounts?: readonly TokenAccount[]
  /** Anybody may pull from these. */
  publicRepositories?: readonly string[]
  /** Answers the OAuth2 password grant; without it POST is a 404, as in many real registries. Default true. */
  oauth2?: boolean
  expiresInSeconds?: number
  /** PEM. */
  tls?: { cert: string; key: string }
}

/** What was asked. Passwords are not kept. */
export type TokenRequest = { method: string; account: string | undefined; scope: string; status: number }

export type TokenServer = {
  realm: string
  service: string
  issuer: string
  /** The key that the registry shall trust. */
  jwks: { keys: object[] }
  requests: TokenRequest[]
  stop: () => Promise<void>
}

type Question = { username: string | undefined; password: string | undefined; scope: string }
type Access = { type: string; name: string; actions: string[] }

const service = 'pullgate-test-registry'
const issuer = 'pullgate-test-issuer'

/** A server of the Distribution token protocol, loopback only. */
export async function startTokenServer(options: TokenServerOptions = {}): Promise<TokenServer> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const keyId = randomUUID()
  const requests: TokenRequest[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const { username, password, scope } = await readQuestion(request)
    const account = options.accounts?.find((known) => known.username === username && known.password === password)
    const status = judge(request, options, username === undefined || account !== undefined)
    requests.push({ method: request.method ?? '', account: username, scope, status })
    if (status !== 200) {
      end(response, status, { errors: [{ code: status === 401 ? 'UNAUTHORIZED' : 'NOT_FOUND' }] })
      return
    }
    const expiresIn = options.expiresInSeconds ?? 300
    const access = grant(scope, account, options.publicRepositories ?? [])
    const token = signToken(privateKey, keyId, { sub: username ?? '', access, expiresIn })
    end(response, 200, { token, access_token: token, expires_in: expiresIn, issued_at: new Date().toISOString() })
  }
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch((error: unknown) => {
      end(response, 500, { errors: [{ message: String(error) }] })
    })
  }
  const server = options.tls ? createTlsServer(options.tls, handle) : createServer(handle)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const origin = `${options.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    realm: `${origin}/token`,
    service,
    issuer,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: keyId, use: 'sig', alg: 'ES256' }] },
    requests,
    stop: async () => {
      if (!server.listening) return
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

function judge(request: IncomingMessage, options: TokenServerOptions, isKnown: boolean): number {
  if (!request.url?.startsWith('/token')) return 404
  if (request.method === 'POST' && !(options.oauth2 ?? true)) return 404
  return isKnown ? 200 : 401
}

async function readQuestion(request: IncomingMessage): Promise<Question> {
  if (request.method === 'POST') {
    const form = new URLSearchParams(await text(request))
    const username = form.get('username') ?? undefined
    return { username, password: form.get('password') ?? undefined, scope: joinScopes(form) }
  }
  const { searchParams } = new URL(request.url ?? '/', 'http://token.invalid')
  const basic = /^Basic (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (basic === undefined) return { username: undefined, password: undefined, scope: joinScopes(searchParams) }
  const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(basic, 'base64').toString()) ?? []
  return { username: username ?? '', password, scope: joinScopes(searchParams) }
}

const joinScopes = (parameters: URLSearchParams) => parameters.getAll('scope').join(' ')

/** A scope without rights is left out, not refused: the registry is the one to say no. */
function grant(scope: string, account: TokenAccount | undefined, publicRepositories: readonly string[]): Access[] {
  return scope.split(' ').flatMap((part) => {
    const [, name, actions] = /^repository:(.+):([\w*,]+)$/.exec(part) ?? []
    if (name === undefined || actions === undefined) return []
    const mayPush = account?.push?.includes(name) === true
    const mayPull = mayPush || account?.pull.includes(name) === true || publicRepositories.includes(name)
    const granted = actions.split(',').filter((action) => (action === 'pull' ? mayPull : action === 'push' && mayPush))
    return granted.length > 0 ? [{ type: 'repository', name, actions: granted }] : []
  })
}

function signToken(
  key: KeyObject,
  kid: string,
  { sub, access, expiresIn }: { sub: string; access: Access[]; expiresIn: number },
): string {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: issuer, aud: service, sub, access, iat: now, nbf: now, exp: now + expiresIn, jti: randomUUID() }
  const signed = [{ typ: 'JWT', alg: 'ES256', kid }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

function end(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
