import { acceptedManifests, type Conversation, type Question, saysItIsRegistry, sendTo } from './conversation.ts'
import type { Reply } from './exchange.ts'
import { troubleOf } from './status.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// Proxies, captive portals and web servers say 401, 403 and 404 too, also with a challenge. Without a sign that a
// registry said it, no such answer is certain.

const errorLimit = 64 * 1024

export const noteSign = (conversation: Conversation, reply: Reply): void => {
  if (!reply.foreign && saysItIsRegistry(reply)) conversation.registrySpoke = true
}

/**
 * The answer to a HEAD has no body to tell a registry from a web server that happens to be there; the same question as a
 * GET has one. It decides only who spoke: containerd does not follow a refused HEAD with a GET.
 */
export const askForSign = async (
  conversation: Conversation,
  url: Question['url'],
  status: number,
): Promise<Reply | Unanswered> => {
  const reply = await sendTo(conversation, { url, accept: acceptedManifests, method: 'GET', bodyLimit: errorLimit })
  if (reply.kind === 'unanswered') return reply
  const trouble = troubleOf(reply.status, reply.url.host)
  if (trouble !== undefined) return trouble
  noteSign(conversation, reply)
  if (reply.status === status && saysItIsRegistry(reply)) return reply
  return unanswered('answer-unintelligible', `${status}, without a sign that a registry answered`)
}
