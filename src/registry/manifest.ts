import type { Outcome } from '../core/facts.ts'
import { pullTarget } from '../core/reference.ts'
import { ask } from './ask.ts'
import { acceptedManifests, type Conversation, registryUrl, saysItIsRegistry, wordsOf } from './conversation.ts'
import type { Reply } from './exchange.ts'
import { describe, largestManifest } from './found.ts'
import { keyOf, remember } from './memo.ts'
import { ociErrorOf } from './oci-error.ts'
import { askForSign } from './sign.ts'
import { troubleOf } from './status.ts'
import { lookAround } from './tag-list.ts'

// Would this host serve this manifest to this credential? The requests are containerd's (core/remotes/docker/resolver.go:
// Resolve): HEAD, and GET only where HEAD is 405. `blobs/<digest>`, which containerd tries after a missing manifest, is
// left out: what it finds there is no manifest, so the pull fails either way.

type Absent = Extract<Outcome, { kind: 'absent' }>
type Found = Extract<Outcome, { kind: 'found' }>
type Target = ReturnType<typeof pullTarget>

export const askManifest = async (conversation: Conversation): Promise<Outcome> => {
  const target = pullTarget(conversation.reference)
  const outcome = await askFor(conversation, target)
  if (target.kind === 'digest') {
    if (outcome.kind === 'found') noteContent(conversation, target.digest)
    return outcome
  }
  if (outcome.kind === 'found') return confirmDigest(conversation, outcome)
  if (outcome.kind !== 'absent' || outcome.what !== 'tag') return outcome
  if (!conversation.services.suggestTags) return outcome
  // Whoever has no time for suggestions goes with what is certain already.
  conversation.tell(outcome)
  return lookAround(conversation, target.tag)
}

// The node fetches by digest what it resolved by tag, and a stale proxy may know the one without the other.
const confirmDigest = async (conversation: Conversation, found: Found): Promise<Outcome> => {
  const { digest } = found
  if (digest === undefined || isKnownContent(conversation, digest)) return found
  const outcome = await askFor(conversation, { kind: 'digest', digest })
  if (outcome.kind === 'absent') return { ...outcome, what: 'digest', digest, repositorySeen: true }
  if (outcome.kind !== 'found') return outcome
  noteContent(conversation, digest)
  return found
}

const contentKey = ({ host, reference, identity }: Conversation, digest: string): string =>
  keyOf(host.name, reference.path, identity.fingerprint, digest)

const isKnownContent = (conversation: Conversation, digest: string): boolean =>
  conversation.services.content.has(contentKey(conversation, digest))

const noteContent = (conversation: Conversation, digest: string): void => {
  const { content, contentMilliseconds } = conversation.services
  remember(content, contentKey(conversation, digest), {}, contentMilliseconds)
}

const askFor = async (conversation: Conversation, target: Target): Promise<Outcome> => {
  const name = target.kind === 'tag' ? target.tag : target.digest
  const question = { url: registryUrl(conversation, `manifests/${name}`), accept: acceptedManifests }
  const head = await ask(conversation, { ...question, method: 'HEAD', bodyLimit: 0 })
  if (head.kind !== 'reply') return head
  const reply =
    head.status === 405 ? await ask(conversation, { ...question, method: 'GET', bodyLimit: largestManifest }) : head
  if (reply.kind !== 'reply') return reply
  if (reply.status >= 200 && reply.status < 300) return describe(conversation, reply, target)
  return judgeRefusal(conversation, reply, target)
}

const judgeRefusal = async (conversation: Conversation, reply: Reply, target: Target): Promise<Outcome> => {
  const trouble = troubleOf(reply.status, reply.url.host)
  if (trouble !== undefined) return trouble
  const hasSign = reply.foreign ? saysItIsRegistry(reply) : conversation.registrySpoke
  if (hasSign) return outcomeOf(conversation, reply, target)
  const name = target.kind === 'tag' ? target.tag : target.digest
  const withBody = await askForSign(conversation, registryUrl(conversation, `manifests/${name}`), reply.status)
  return withBody.kind === 'reply' ? outcomeOf(conversation, withBody, target) : withBody
}

const outcomeOf = ({ identity }: Conversation, reply: Reply, target: Target): Outcome => {
  const { status } = reply
  if (status === 404) return absentOf(reply, target)
  const words = wordsOf(reply, identity)
  const said = words === undefined ? {} : { detail: words }
  if (status !== 403) return { kind: 'rejected', status, ...said }
  return { kind: 'refused', stage: identity.reveal === undefined ? identity.unshownStage : 'access', status, ...said }
}

const absentOf = (reply: Reply, target: Target): Absent => ({
  kind: 'absent',
  what: ociErrorOf(reply.body)?.code === 'NAME_UNKNOWN' ? 'repository' : target.kind,
  suggestions: [],
})
