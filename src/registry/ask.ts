import type { Outcome } from '../core/facts.ts'
import { repositoryOf } from '../core/reference.ts'
import { authorise, turnOf } from './authorization.ts'
import { parseChallenges } from './challenge.ts'
import { type Conversation, type Question, sendTo, wordsOf } from './conversation.ts'
import type { Reply } from './exchange.ts'
import type { Reception, Refused } from './presentation.ts'
import { askForSign, noteSign } from './sign.ts'
import type { Unanswered } from './unanswered.ts'

// A request and, after a 401, the same request authorised (core/remotes/docker/resolver.go: retryRequest). containerd
// repeats up to five times in all; a credential gains nothing from being shown again, so here it is shown once.

// Without authorization, with a remembered token that has run out, with a new one.
const mostRounds = 3

/** A reply is never a 401: those end as a refusal. */
export const ask = async (conversation: Conversation, question: Question): Promise<Reply | Outcome> => {
  const answer = await askInRounds(conversation, question)
  const isRefusal = answer.kind === 'refused' || answer.kind === 'rejected'
  if (!isRefusal || conversation.registrySpoke) return answer
  // What led here is a 401 of the registry's host, be it only to its token server. That host is asked again with nothing
  // in hand, which it answered 401 before: a refused credential is not shown twice.
  delete conversation.authorization
  const sign = await askForSign(conversation, question.url, 401)
  return sign.kind === 'reply' ? answer : sign
}

const askInRounds = async (conversation: Conversation, question: Question): Promise<Reply | Outcome> => {
  for (let round = 1; ; round += 1) {
    const reply = await show(conversation, question)
    if (reply.kind !== 'reply') return reply
    noteSign(conversation, reply)
    if (reply.status !== 401) return noteUse(conversation, reply)
    const shown = conversation.authorization
    if (round === mostRounds || shown?.isUsed === false) return refusalOf(conversation, reply)
    if (shown?.tokenKey !== undefined) conversation.services.tokens.forget(shown.tokenKey)
    const authorization = await authorise(conversation, reply)
    if ('kind' in authorization) return authorization
    conversation.authorization = authorization
  }
}

// From now on a 401 may mean that it has run out.
const noteUse = (conversation: Conversation, reply: Reply): Reply => {
  const shown = conversation.authorization
  if (shown !== undefined) conversation.authorization = { ...shown, isUsed: true }
  return reply
}

const show = (conversation: Conversation, question: Question): Promise<Reply | Refused | Unanswered> => {
  const { authorization, identity, reference, services } = conversation
  if (authorization?.scheme !== 'Basic' || authorization.isUsed) return sendTo(conversation, question)
  const receptionAtRegistry = (reply: Reply | Unanswered): Reception => {
    if (reply.kind === 'unanswered' || reply.status >= 500 || reply.status === 429) return 'unclear'
    if (reply.status !== 401) return 'accepted'
    return {
      refused: { kind: 'refused', stage: 'credential', status: 401, scheme: 'Basic', ...said(reply, identity) },
      holdsFor: 'host',
    }
  }
  const turn = turnOf(conversation, repositoryOf(reference))
  return services.presentations.present(turn, () => sendTo(conversation, question), receptionAtRegistry)
}

const refusalOf = ({ authorization, identity }: Conversation, reply: Reply): Refused => {
  const scheme = authorization?.scheme ?? 'Basic'
  const isKnown = identity.reveal !== undefined && scheme === 'Bearer'
  const stage = isKnown ? 'access' : identity.reveal === undefined ? identity.unshownStage : 'credential'
  return { kind: 'refused', stage, status: 401, scheme, ...said(reply, identity) }
}

// RFC 6750, 3.1: `insufficient_scope`, `invalid_token`; the body of a GET says more.
const said = (reply: Reply, identity: Conversation['identity']): { detail?: string } => {
  const error = parseChallenges(reply.challenges)[0]?.parameters.get('error')
  const known = error !== undefined && /^[a-z_]{1,40}$/.test(error) ? error : undefined
  const detail = wordsOf(reply, identity) ?? known
  return detail === undefined ? {} : { detail }
}
