import type { Outcome } from '../core/facts.ts'
import type { pullTarget } from '../core/reference.ts'
import { ask } from './ask.ts'
import { acceptedManifests, type Conversation, registryUrl } from './conversation.ts'
import { algorithmOf, digestOf, isDigest } from './digest.ts'
import type { Reply } from './exchange.ts'
import { troubleOf } from './status.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// What a 2xx says (core/remotes/docker/resolver.go: Resolve). Its headers alone decide what containerd fetches next, so
// a manifest under a wrong content type is no manifest.

/** resolver.go: MaxManifestSize, 4 * 1048 * 1048. */
export const largestManifest = 4_393_216

const manifestTypes = [
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
]
// Registries of the first generation sent theirs as text/plain (resolver.go: getManifestMediaType).
const schema1Types = [
  'application/vnd.docker.distribution.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v1+prettyjws',
  'text/plain',
]

type Target = ReturnType<typeof pullTarget>

export const describe = async (conversation: Conversation, reply: Reply, target: Target): Promise<Outcome> => {
  const digest = reply.header('docker-content-digest') ?? ''
  const length = lengthOf(reply)
  // Before the type is judged: where containerd has to fetch, the type of what it fetched is the one that counts.
  const isComplete = target.kind === 'digest' || digest !== ''
  if (!isComplete || length === undefined) return describeBody(conversation, target)
  const trouble = typeTrouble(conversation, reply)
  if (trouble !== undefined) return trouble
  if (digest !== '' && !isDigest(digest)) {
    return unanswered('answer-unintelligible', 'the digest in its answer is not one')
  }
  return sizeTrouble(length) ?? found(reply, digest, target)
}

const lengthOf = (reply: Reply): number | undefined => {
  const written = reply.header('content-length') ?? ''
  return /^\d{1,15}$/.test(written) ? Number(written) : undefined
}

const mediaTypeOf = (reply: Reply): string => (reply.header('content-type') ?? '').split(';')[0] ?? ''

const typeTrouble = ({ registrySpoke }: Conversation, reply: Reply): Outcome | undefined => {
  const mediaType = mediaTypeOf(reply)
  if (manifestTypes.includes(mediaType)) return undefined
  const hasSign = (!reply.foreign && registrySpoke) || isDigest(reply.header('docker-content-digest') ?? '')
  if (mediaType.trim().toLowerCase() === 'text/html' || !hasSign) {
    return unanswered('answer-unintelligible', 'it answered, but not as a registry')
  }
  if (schema1Types.includes(mediaType)) return { kind: 'unsupported', detail: 'a schema 1 manifest' }
  return { kind: 'unsupported', detail: `its content type is ${shownType(mediaType)}` }
}

const shownType = (mediaType: string): string =>
  /^[\w.+/-]{1,100}$/.test(mediaType) ? mediaType : 'not that of a manifest'

const sizeTrouble = (length: number): Outcome | undefined => {
  if (length === 0) return { kind: 'unsupported', detail: 'an empty manifest' }
  if (length > largestManifest) return { kind: 'unsupported', detail: `a manifest of ${length} bytes` }
  return undefined
}

const found = (reply: Reply, digest: string, target: Target): Outcome => {
  const wanted = target.kind === 'digest' ? target.digest : digest
  // A HEAD for a digest need not repeat it.
  if (digest !== '' && algorithmOf(wanted) === algorithmOf(digest) && wanted !== digest) {
    return unanswered('answer-unintelligible', 'it answered with another manifest than the one asked for')
  }
  return { kind: 'found', digest: wanted, mediaType: mediaTypeOf(reply) }
}

// Registries of earlier specifications leave out the digest or the length; containerd then fetches and computes.
const describeBody = async (conversation: Conversation, target: Target): Promise<Outcome> => {
  const reply = await ask(conversation, {
    url: registryUrl(conversation, `manifests/${target.kind === 'tag' ? target.tag : target.digest}`),
    accept: acceptedManifests,
    method: 'GET',
    bodyLimit: largestManifest,
  })
  if (reply.kind !== 'reply') return reply
  const trouble = bodyTrouble(reply) ?? typeTrouble(conversation, reply)
  if (trouble !== undefined) return trouble
  const large = sizeTrouble(reply.overflow ? largestManifest + 1 : reply.body.length)
  if (large !== undefined)
    return reply.overflow ? { kind: 'unsupported', detail: 'a manifest that is too large' } : large
  const algorithm = target.kind === 'digest' ? algorithmOf(target.digest) : 'sha256'
  return found(reply, digestOf(reply.body, algorithm), target)
}

const bodyTrouble = (reply: Reply): Unanswered | undefined => {
  const trouble = troubleOf(reply.status, reply.url.host)
  if (trouble !== undefined) return trouble
  if (reply.status >= 400) {
    return unanswered('answer-unintelligible', `HEAD was answered, but GET with ${reply.status}`)
  }
  const encoding = reply.header('content-encoding') ?? 'identity'
  return encoding === 'identity' ? undefined : unanswered('answer-unintelligible', 'an encoding that nobody asked for')
}
