import type { Outcome } from '../core/facts.ts'
import { repositoryOf } from '../core/reference.ts'
import { type Challenge, parseChallenges } from './challenge.ts'
import { type Authorization, type Conversation, registryUrl, type TokenAnswer, wordsOf } from './conversation.ts'
import type { Reply } from './exchange.ts'
import { basicHeader } from './identity.ts'
import { keyOf } from './memo.ts'
import type { Reception, Refused, Turn } from './presentation.ts'
import { mayReceiveCredential } from './realm.ts'
import { fetchToken, type TokenRequest } from './token.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// From a 401 to something to show (core/remotes/docker/authorizer.go: AddResponses), or to the end of the conversation.

/** Bearer before Basic; a Bearer challenge that cannot be met is not followed by trying Basic. */
export const authorise = async (conversation: Conversation, reply: Reply): Promise<Authorization | Outcome> => {
  const [challenge] = parseChallenges(reply.challenges).filter(({ scheme }) => scheme !== 'digest')
  if (challenge === undefined) return unchallenged(conversation)
  return challenge.scheme === 'bearer' ? takeToken(conversation, challenge) : takeBasic(conversation, reply)
}

const unchallenged = ({ identity }: Conversation): Outcome => {
  if (identity.unshownStage === 'anonymous') return { kind: 'refused', stage: 'anonymous', status: 401 }
  return unanswered('answer-unintelligible', '401 without saying which credentials it wants')
}

const takeBasic = ({ identity }: Conversation, reply: Reply): Authorization | Refused => {
  if (identity.reveal !== undefined) {
    return { scheme: 'Basic', header: basicHeader(identity.reveal()), isUsed: false }
  }
  const words = wordsOf(reply, identity)
  const said = words === undefined ? {} : { detail: words }
  return { kind: 'refused', stage: identity.unshownStage, status: 401, scheme: 'Basic', ...said }
}

const takeToken = async (conversation: Conversation, challenge: Challenge): Promise<Authorization | Outcome> => {
  const request = tokenRequestOf(conversation, challenge)
  if ('kind' in request) return request
  const { host, identity, services } = conversation
  const scopes = request.scopes.join(' ')
  const tokenKey = keyOf(identity.fingerprint, host.name, request.realm.href, request.service, scopes)
  const { answer, source } = await services.tokens.ask(tokenKey, async () => {
    if (identity.reveal === undefined) return fetchToken(conversation, request)
    const turn = turnOf(conversation, scopes)
    return services.presentations.present(turn, () => fetchToken(conversation, request), receptionAtTokenServer)
  })
  if (answer.kind === 'unsigned') return answer.outcome
  if (answer.kind !== 'token') return answer
  return { scheme: 'Bearer', header: `Bearer ${answer.value}`, isUsed: source === 'hit', tokenKey }
}

export const turnOf = ({ host, identity, line }: Conversation, scope: string): Turn => ({
  key: keyOf(host.name, identity.fingerprint),
  scopeKey: keyOf(host.name, identity.fingerprint, scope),
  signal: line.signal,
})

const receptionAtTokenServer = (answer: TokenAnswer): Reception => {
  if (answer.kind === 'token') return 'accepted'
  if (answer.kind !== 'refused' && answer.kind !== 'unsigned') return 'unclear'
  // A page that says 401 may come from what counts attempts, so that is not shown the credential again either.
  const refused = answer.kind === 'refused' ? answer : answer.outcome
  return { refused, holdsFor: answer.status === 401 ? 'host' : 'scope' }
}

const tokenRequestOf = (conversation: Conversation, { parameters }: Challenge): TokenRequest | Unanswered => {
  const realm = realmOf(conversation, parameters.get('realm') ?? '')
  if ('kind' in realm) return realm
  // scope.go: GetTokenScopes joins what the pull needs with what the challenge names, which may be another name for it.
  const needed = `repository:${repositoryOf(conversation.reference)}:pull`
  const named = (parameters.get('scope') ?? '').split(' ').filter((scope) => scope !== '')
  return { realm, service: parameters.get('service') ?? '', scopes: [...new Set([needed, ...named])].sort() }
}

const realmOf = (conversation: Conversation, written: string): URL | Unanswered => {
  const { host, identity, reference, services } = conversation
  if (!URL.canParse(written)) return unanswered('answer-unintelligible', 'a Bearer challenge without a usable realm')
  const realm = new URL(written)
  if (realm.username !== '' || realm.password !== '') {
    return unanswered('answer-unintelligible', 'a realm that carries credentials')
  }
  if (realm.protocol !== 'https:' && realm.protocol !== `${host.scheme}:`) {
    return unanswered('address-denied', `its token server is ${realm.protocol}//${realm.host}, which is not https`)
  }
  const registry = registryUrl(conversation, '')
  const imageDomain = reference.domain === '' ? host.name : reference.domain
  const isTrusted = mayReceiveCredential({ realm, registry, imageDomain, pairs: services.realms })
  if (identity.reveal !== undefined && !isTrusted) {
    return unanswered('address-denied', `its token server ${realm.host} is not known to belong to it`)
  }
  realm.hash = ''
  return realm
}
