import type { LoginPair } from '../core/credential.ts'
import { type Conversation, type TokenAnswer, wordsOf } from './conversation.ts'
import type { Reply } from './exchange.ts'
import { basicHeader } from './identity.ts'
import { memberOf, parseJson } from './oci-error.ts'
import { troubleOf } from './status.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// Bearer tokens as containerd gets them (core/remotes/docker/authorizer.go: doBearerAuth; auth/fetch.go): with a
// credential a POST first, a GET with Basic only after the refusals of token servers that know no POST; without one a GET.

export type TokenRequest = { readonly realm: URL; readonly service: string; readonly scopes: readonly string[] }

const bodyLimit = 64 * 1024
// "Registries without support for POST": GCR 404, Artifactory 401, ACR 400, and 405. 403, 429 and 5xx are final.
const fallsBackToGet = [400, 401, 404, 405]
// The token specification's default. Go reads the number into an int, so anything but a whole number is an error.
const usualLifetimeSeconds = 60

export const fetchToken = async (conversation: Conversation, request: TokenRequest): Promise<TokenAnswer> => {
  const login = conversation.identity.reveal?.()
  if (login === undefined) return readToken(conversation, await get(conversation, request), ['access_token', 'token'])
  const posted = await post(conversation, request, login)
  if (posted.kind === 'unanswered' || !fallsBackToGet.includes(posted.status)) {
    return readToken(conversation, posted, ['access_token'])
  }
  return readToken(conversation, await get(conversation, request, login), ['access_token', 'token'])
}

const post = (
  { services, line }: Conversation,
  { realm, service, scopes }: TokenRequest,
  login: LoginPair,
): Promise<Reply | Unanswered> => {
  const form = new URLSearchParams({
    client_id: 'containerd-client',
    grant_type: 'password',
    password: login.password,
    scope: scopes.join(' '),
    service,
    username: login.username,
  })
  return services.send(line, {
    method: 'POST',
    url: realm,
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: form.toString(),
    bodyLimit,
  })
}

const get = async (
  { services, line }: Conversation,
  { realm, service, scopes }: TokenRequest,
  login?: LoginPair,
): Promise<Reply | Unanswered> => {
  const url = new URL(realm)
  if (service !== '') url.searchParams.append('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  const headers = login === undefined ? {} : { authorization: basicHeader(login) }
  const reply = await services.send(line, { method: 'GET', url, headers, bodyLimit })
  // What the target of the redirect gives is a token for nobody, as the credential did not go there.
  if (reply.kind === 'reply' && reply.foreign && login !== undefined) {
    return unanswered(
      'address-denied',
      `the token server redirects to ${reply.url.host}, which is not given the credential`,
    )
  }
  return reply
}

const readToken = (conversation: Conversation, reply: Reply | Unanswered, names: readonly string[]): TokenAnswer => {
  if (reply.kind === 'unanswered') return reply
  // Go takes anything below 400 for an answer; redirects have been followed by now.
  if (reply.status >= 400) return tokenRefusal(conversation, reply)
  const answer = reply.overflow ? undefined : parseJson(reply.body)
  const value = names.map((name) => memberOf(answer, name)).find((token) => token !== undefined && token !== '')
  const lifetimeSeconds = memberOf(answer, 'expires_in') ?? usualLifetimeSeconds
  const isUsable = typeof value === 'string' && /^[\x21-\x7e]+$/.test(value) && Number.isInteger(lifetimeSeconds)
  if (!isUsable) return unanswered('answer-unintelligible', `${reply.url.host} answered without a usable token`)
  return { kind: 'token', value, lifetimeSeconds: Number(lifetimeSeconds) }
}

const tokenRefusal = ({ identity }: Conversation, reply: Reply): TokenAnswer => {
  const { status } = reply
  const who = `the token server ${reply.url.host}`
  const trouble = troubleOf(status, who)
  if (trouble !== undefined) return trouble
  if (!isJsonObject(reply)) return unsigned(status, who)
  const words = wordsOf(reply, identity)
  const said = words === undefined ? {} : { detail: words }
  if (status === 401 || status === 403) {
    const stage = identity.reveal === undefined ? identity.unshownStage : 'credential'
    return { kind: 'refused', stage, status, scheme: 'Bearer', ...said }
  }
  return { kind: 'rejected', status, detail: words ?? who }
}

// Token servers need not speak the registry's errors (Docker Hub: {"details": …}), but a page or nothing is what a proxy
// says, too.
const isJsonObject = ({ body, overflow }: Reply): boolean => {
  const answer = overflow ? undefined : parseJson(body)
  return typeof answer === 'object' && answer !== null && !Array.isArray(answer)
}

const unsigned = (status: number, who: string): TokenAnswer => {
  const outcome = unanswered('answer-unintelligible', `${who} answered ${status}, but not as a token server`)
  return status === 401 || status === 403 ? { kind: 'unsigned', status, outcome } : outcome
}
