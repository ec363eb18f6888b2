/**
 * Workload -> Facts: asks the ports, all images at once, and keeps what is finished when time is up. Nothing here
 * judges, and nothing after this asks.
 */
import type { CheckId } from './checks/index.ts'
import { type Ending, endingOf } from './ending.ts'
import type { Context, Facts, ImageFacts, Ports, Probe, PullCredentials, Unasked } from './facts.ts'
import { lookup } from './keyring.ts'
import { noCredentials, nothingRead, type Readings, readCredentials } from './read-credentials.ts'
import {
  type InvalidReference,
  isInvalid,
  nameOf,
  parseReference,
  type Reference,
  registryHostOf,
} from './reference.ts'
import { isUnread } from './secret-trouble.ts'
import type { ImageUse, Workload } from './workload.ts'

/** Everything `collect` needs beside the workload. */
export type Inquiry = {
  readonly ports: Ports
  /** `image` is empty for what is about no image. */
  readonly isActive: (check: CheckId, image: string) => boolean
  /** See `Facts`. */
  readonly secretsTold: Facts['secretsTold']
  /** Whether nodes may hold credentials of their own for an image name. */
  readonly nodeCredentials: (name: string) => boolean
  /** Whether a pull-through cache serves an image, given as written. */
  readonly proxyCaches: (image: string) => boolean
  readonly context: Context
}

const lateProbe = (reference: Reference): Probe => {
  const outcome = { kind: 'unanswered', cause: 'deadline-exceeded', detail: 'the API server waits no longer' } as const
  return {
    attempts: [
      { credential: 'deadline', outcome, hosts: [{ host: registryHostOf(reference), outcome, requests: [] }] },
    ],
  }
}

const unaskedForUse = (
  use: ImageUse,
  reference: Reference | InvalidReference,
  workload: Workload,
): Unasked | undefined => {
  if (use.isPlaceholder === true) return 'placeholder'
  if (workload.isTemplate && /^[ \t\r\n]*$/.test(use.image)) return 'blank'
  if (isInvalid(reference)) return 'reference-invalid'
  if (use.pullPolicy === 'Never') return 'never-pulled'
  switch (workload.withoutCredentials) {
    case 'placeholder':
      return 'secret-placeholder'
    case 'cluster-scoped':
      return 'cluster-scoped'
    default:
      return undefined
  }
}

const unaskedForSecrets = (credentials: PullCredentials | undefined): Unasked | undefined => {
  if (credentials === undefined) return 'not-remembered'
  if (credentials.secrets.some(({ state }) => state === 'malformed')) return 'secret-malformed'
  return [credentials.serviceAccount, ...credentials.secrets].some(({ state }) => isUnread(state))
    ? 'secret-unread'
    : undefined
}

type Parsed = {
  readonly use: ImageUse
  readonly reference: Reference | InvalidReference
  readonly unasked: Unasked | undefined
}

type Asked = Pick<ImageFacts, 'probe' | 'unasked'>

type Asking = Inquiry & { readonly ending: Ending }

const askWith = async (
  reference: Reference,
  credentials: PullCredentials | undefined,
  { ports, context, ending }: Asking,
): Promise<Asked> => {
  const unasked = unaskedForSecrets(credentials)
  if (unasked !== undefined || credentials === undefined) return { unasked: unasked ?? 'not-remembered' }
  const asking = ports.probe(reference, lookup(credentials.keyring, reference), false, context)
  const probe = await ending.race(asking, () => lateProbe(reference))
  if (probe !== undefined) return { probe }
  return context.unremembered === 'out-of-time' ? { probe: lateProbe(reference) } : { unasked: 'not-remembered' }
}

const isHeldAgainst = ({ probe }: Asked): boolean =>
  probe !== undefined &&
  probe.attempts.every(({ outcome }) => outcome.kind !== 'found' && outcome.kind !== 'unanswered')

// Only what is held against an image can be doubted.
const noDoubts = { nodeCredentials: false, proxyCache: false } as const

/**
 * What a registry says against an image rests on the secrets it was shown (some answer 404 to whoever has no right), so
 * they are read once more before anybody is denied for it; each image for itself, for another one may hang. What the
 * registry said is remembered: the second question costs it nothing where the secrets are the same.
 */
const factsOf = async (
  { use, reference, unasked }: Parsed,
  readings: Readings,
  inquiry: Asking,
): Promise<ImageFacts> => {
  if (isInvalid(reference) || unasked !== undefined)
    return { use, reference, ...noDoubts, unasked: unasked ?? 'reference-invalid' }
  const first = await askWith(reference, readings.first, inquiry)
  if (!isHeldAgainst(first)) return { use, reference, ...noDoubts, ...first }
  const again = await readings.again()
  const asked = again === readings.first ? first : await askWith(reference, again, inquiry)
  const nodeCredentials = inquiry.nodeCredentials(nameOf(reference))
  return { use, reference, nodeCredentials, proxyCache: inquiry.proxyCaches(use.image), ...asked }
}

// An object of the API has no more than three megabytes, which is room for tens of thousands of names; a Pod that was
// meant to run has a handful.
const mostImages = 256

const parse = (workload: Workload, isAsked: (image: string) => boolean, room: number): readonly Parsed[] =>
  workload.images.map((use, index) => {
    const reference = parseReference(use.image)
    const unasked = unaskedForUse(use, reference, workload)
    if (unasked !== undefined) return { use, reference, unasked }
    if (!isAsked(use.image)) return { use, reference, unasked: 'check-ignored' }
    return { use, reference, unasked: index < room ? undefined : 'too-many' }
  })

/** `room`: how many of its images may be asked about. */
const collectPart = async (workload: Workload, asking: Asking, room: number): Promise<Facts> => {
  const { ports, isActive, secretsTold } = asking
  const parsed = parse(workload, (image) => isActive('image-pullable', image), room)
  // A Pod whose images are all `Never` or invalid still has pull secrets to check; with both checks off nobody is asked.
  const isNeeded = (isActive('pull-secrets', '') && room > 0) || parsed.some(({ unasked }) => unasked === undefined)
  const readings =
    isNeeded && workload.withoutCredentials === undefined
      ? await readCredentials(workload, { ...asking, port: ports.credentials })
      : nothingRead(noCredentials(workload))
  const images = await Promise.all(parsed.map((image) => factsOf(image, readings, asking)))
  const credentials = (await readings.last()) ?? noCredentials(workload)
  return { workload, secretsTold, credentials, images }
}

/** The parts of one object, all at once. They share the room: images and pull secrets of earlier parts take from it. */
export const collect = async (workloads: readonly Workload[], inquiry: Inquiry): Promise<readonly Facts[]> => {
  const ending = endingOf(inquiry.context.signal)
  let room = mostImages
  const parts = workloads.map((workload) => {
    const facts = collectPart(workload, { ...inquiry, ending }, Math.max(0, room))
    room -= workload.images.length + workload.pullSecrets.length
    return facts
  })
  try {
    return await Promise.all(parts)
  } finally {
    ending.end()
  }
}
