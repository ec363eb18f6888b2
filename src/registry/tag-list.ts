import type { Outcome } from '../core/facts.ts'
import { nearestTags } from '../core/suggest.ts'
import { type Conversation, registryUrl, sendTo } from './conversation.ts'
import { memberOf, ociErrorOf, parseJson } from './oci-error.ts'

// One cheap question after a missing tag: is the repository there, and which tags come near? Whatever becomes of it, the
// answer about the tag stands.

type Absent = Extract<Outcome, { kind: 'absent' }>

const bodyLimit = 1024 * 1024
const longestMilliseconds = 1500
// Of the time for one image.
const share = 0.25

export const lookAround = async (conversation: Conversation, tag: string): Promise<Absent> => {
  const limit = Math.ceil(Math.min(longestMilliseconds, conversation.limitMilliseconds * share))
  const signal = AbortSignal.any([conversation.line.signal, AbortSignal.timeout(limit)])
  const url = registryUrl(conversation, 'tags/list')
  url.searchParams.set('n', '1000')
  const reply = await sendTo(
    { ...conversation, line: { ...conversation.line, signal } },
    { method: 'GET', url, accept: 'application/json', bodyLimit },
  )
  const tagOnly: Absent = { kind: 'absent', what: 'tag', suggestions: [] }
  if (reply.kind !== 'reply' || reply.overflow) return tagOnly
  if (reply.status === 404 && ociErrorOf(reply.body)?.code === 'NAME_UNKNOWN') return { ...tagOnly, what: 'repository' }
  if (reply.status !== 200) return tagOnly
  const tags = memberOf(parseJson(reply.body), 'tags')
  const known = Array.isArray(tags) ? tags.filter(isTag) : []
  // Some registries answer an empty list for repositories they do not have, so only a tag shows that this one is there.
  return known.length === 0 ? tagOnly : { ...tagOnly, suggestions: nearestTags(tag, known), repositorySeen: true }
}

// The list is a stranger's text and ends in a message.
const isTag = (tag: unknown): tag is string => typeof tag === 'string' && /^\w[\w.-]{0,127}$/.test(tag)
