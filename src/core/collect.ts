/**
 * Workload -> Facts: asks the ports, all images at once, and keeps what is finished when time is up. Nothing here
 * judges, and nothing after this asks.
 */
import type { CheckId } from './checks/index.ts'
import type { Context, Facts, ImageFacts, Ports, Probe, ProbePort, PullCredentials, Unasked } from './facts.ts'
import { lookup } from './keyring.ts'
import { raced } from './raced.ts'
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
  readonly isActive: (check: CheckId) => boolean
  /** Whether nodes may hold credentials of their own for an image name. */
  readonly nodeCredentials: (name: string) => boolean
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
  if (workload.isTemplate && use.image.trim() === '') return 'blank'
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

const probed = async (
  reference: Reference,
  credentials: PullCredentials,
  port: ProbePort,
  context: Context,
): Promise<Probe | undefined> =>
  raced(port(reference, lookup(credentials.keyring, reference), false, context), context.signal, () =>
    lateProbe(reference),
  )

type Parsed = {
  readonly use: ImageUse
  readonly reference: Reference | InvalidReference
  readonly unasked: Unasked | undefined
}

type Asked = Pick<ImageFacts, 'probe' | 'unasked'>

const askWith = async (
  reference: Reference,
  credentials: PullCredentials | undefined,
  { ports, context }: Inquiry,
): Promise<Asked> => {
  const unasked = unaskedForSecrets(credentials)
  if (unasked !== undefined || credentials === undefined) return { unasked: unasked ?? 'not-remembered' }
  const probe = await probed(reference, credentials, ports.probe, context)
  return probe === undefined ? { unasked: 'not-remembered' } : { probe }
}

const isRefused = ({ probe }: Asked): boolean =>
  probe !== undefined &&
  probe.attempts.every(({ outcome }) => outcome.kind !== 'found') &&
  probe.attempts.some(({ outcome }) => outcome.kind === 'refused')

/**
 * A refusal rests on secrets, so they are read once more before anybody is denied for it; each image for itself, for
 * another one may hang. What the registry said is remembered: the second question costs it nothing where the secrets
 * are the same.
 */
const factsOf = async (
  { use, reference, unasked }: Parsed,
  readings: Readings,
  inquiry: Inquiry,
): Promise<ImageFacts> => {
  if (isInvalid(reference) || unasked !== undefined)
    return { use, reference, nodeCredentials: false, unasked: unasked ?? 'reference-invalid' }
  const nodeCredentials = inquiry.nodeCredentials(nameOf(reference))
  const asked = await askWith(reference, readings.first, inquiry)
  const again = isRefused(asked) ? await readings.again() : readings.first
  return {
    use,
    reference,
    nodeCredentials,
    ...(again === readings.first ? asked : await askWith(reference, again, inquiry)),
  }
}

// An object of the API has no more than three megabytes, which is room for tens of thousands of names; a Pod that was
// meant to run has a handful.
const mostImages = 256

const parse = (workload: Workload, isAsked: boolean, room: number): readonly Parsed[] =>
  workload.images.map((use, index) => {
    const reference = parseReference(use.image)
    const unasked = unaskedForUse(use, reference, workload)
    if (unasked !== undefined) return { use, reference, unasked }
    if (!isAsked) return { use, reference, unasked: 'check-ignored' }
    return { use, reference, unasked: index < room ? undefined : 'too-many' }
  })

/** `room`: how many of its images may be asked about. */
export const collect = async (workload: Workload, inquiry: Inquiry, room = mostImages): Promise<Facts> => {
  const { ports, isActive, context } = inquiry
  const parsed = parse(workload, isActive('image-pullable'), room)
  const secretsJudged = isActive('pull-secrets')
  // A Pod whose images are all `Never` or invalid still has pull secrets to check; with both checks off nobody is asked.
  const isNeeded = (secretsJudged && room > 0) || parsed.some(({ unasked }) => unasked === undefined)
  const readings =
    isNeeded && workload.withoutCredentials === undefined
      ? await readCredentials(workload, ports.credentials, context)
      : nothingRead(noCredentials(workload))
  const images = await Promise.all(parsed.map((image) => factsOf(image, readings, inquiry)))
  const credentials = (await readings.last()) ?? noCredentials(workload)
  return { workload, secretsJudged, credentials, images }
}

/** The parts of one object, all at once. They share the room: images and pull secrets of earlier parts take from it. */
export const collectAll = async (workloads: readonly Workload[], inquiry: Inquiry): Promise<readonly Facts[]> => {
  let room = mostImages
  const parts = workloads.map((workload) => {
    const facts = collect(workload, inquiry, Math.max(0, room))
    room -= workload.images.length + workload.pullSecrets.length
    return facts
  })
  return Promise.all(parts)
}
