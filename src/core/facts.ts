/**
 * What is known about one workload when its checks run, and the ports that find it out.
 *
 * Everything here is a value: adapters fill it in, checks only read it. An unanswered question is a value too
 * (`unanswered`, `unverified`, `unreadable`); nothing in this file can say "fine" by being left empty.
 */
import type { Cause } from './cause.ts'
import type { Credential } from './credential.ts'
import type { Keyring } from './keyring.ts'
import type { InvalidReference, Reference } from './reference.ts'
import type { UnansweredCause } from './unanswered-cause.ts'
import type { ImageUse, Workload } from './workload.ts'

/**
 * What one host said about one manifest to one credential.
 *
 * `detail` is bounded, printable and free of secrets: a registry's own OCI error message, an error code of the
 * transport, never a response body.
 */
export type Outcome =
  | { readonly kind: 'found'; readonly digest?: string; readonly mediaType?: string }
  /**
   * `digest`: the one that is gone although its tag answers. `repositorySeen`: this credential was shown the repository;
   * without that the 404 may just as well hide a private one.
   */
  | {
      readonly kind: 'absent'
      readonly what: 'tag' | 'digest' | 'repository'
      readonly suggestions: readonly string[]
      readonly digest?: string
      readonly repositorySeen?: true
    }
  /** `anonymous`: refused with nothing to show. `credential`: what was shown is not valid. `access`: it is, without the right to pull. */
  | {
      readonly kind: 'refused'
      readonly stage: 'anonymous' | 'credential' | 'access'
      readonly status: number
      readonly scheme?: 'Basic' | 'Bearer'
      readonly detail?: string
    }
  | { readonly kind: 'unsupported'; readonly detail: string }
  | { readonly kind: 'rejected'; readonly status: number; readonly detail?: string }
  | { readonly kind: 'unanswered'; readonly cause: UnansweredCause; readonly detail: string }

/** One request as `explain` prints it: the URL without query values and user info, times in milliseconds. */
export type Exchange = {
  readonly method: string
  readonly url: string
  readonly status?: number
  readonly failure?: string
  readonly milliseconds: number
}

export type HostProbe = { readonly host: string; readonly outcome: Outcome; readonly requests: readonly Exchange[] }

/** One credential's turn, as the kubelet takes them; `credential` is its label (`anonymous`, `secret/shop/regcred`). */
export type Attempt = {
  readonly credential: string
  readonly outcome: Outcome
  readonly hosts: readonly HostProbe[]
}

/** Image -> attempts -> hosts -> requests. Never empty: no credential means one anonymous attempt. */
export type Probe = { readonly attempts: readonly Attempt[] }

/** The state of one referenced pull secret. */
export type SecretFact = { readonly name: string; readonly fieldPath: string } & (
  | { readonly state: 'usable'; readonly keys: readonly string[] }
  | { readonly state: 'absent' }
  | { readonly state: 'ignored'; readonly type: string }
  | { readonly state: 'malformed'; readonly where: string; readonly why: string }
  | { readonly state: 'unreadable' }
  | { readonly state: 'unverified'; readonly why: string }
)

/** `unused`: the workload names its own pull secrets, or is a Pod whose list the API server has already completed. */
export type ServiceAccountFact = {
  readonly name: string
  readonly state: 'unused' | 'read' | 'absent' | 'unreadable' | 'unverified'
  readonly why?: string
}

export type PullCredentials = {
  readonly secrets: readonly SecretFact[]
  readonly serviceAccount: ServiceAccountFact
  readonly keyring: Keyring
}

/**
 * Why nothing was asked about an image. `secret-malformed`: the node could not pull it either. `secret-unread`: what its
 * registry says without that secret proves nothing. `not-remembered`: only memory was to be asked, and it had no answer.
 * `too-many`: beyond what is asked for one object. `placeholder`, `secret-placeholder`: the image, or what it is pulled
 * with, is still to be filled in. `cluster-scoped`: the object is in no namespace whose secrets could be used.
 */
export type Unasked =
  | 'reference-invalid'
  | 'blank'
  | 'placeholder'
  | 'never-pulled'
  | 'check-ignored'
  | 'secret-malformed'
  | 'secret-unread'
  | 'secret-placeholder'
  | 'cluster-scoped'
  | 'not-remembered'
  | 'too-many'

/** Everything asked about one image: exactly one of `probe` and `unasked` is there. */
export type ImageFacts = {
  readonly use: ImageUse
  readonly reference: Reference | InvalidReference
  readonly probe?: Probe
  readonly unasked?: Unasked
  /** Of a refused image: the nodes may hold a credential of their own for its registry, so a refusal to us proves nothing. */
  readonly nodeCredentials: boolean
  /** A pull-through cache serves it, which may say no for reasons of its own. */
  readonly proxyCache: boolean
}

export type Facts = {
  readonly workload: Workload
  /**
   * Whether the check of pull secrets acts on this trouble at least as hard as that of images would for this image; where
   * it does not, the image has to tell what the secret did to it.
   */
  readonly secretsTold: (trouble: Cause, image: string) => boolean
  readonly credentials: PullCredentials
  readonly images: readonly ImageFacts[]
}

/** What is handed down with every question. */
export type Context = {
  /** Aborts when the answer is due or the caller has gone; ports stop waiting, a joined question may go on. */
  readonly signal: AbortSignal
  /** Upper limit for all questions about one image, in milliseconds. */
  readonly perImageMilliseconds: number
  readonly lane: 'admission' | 'background'
  /** `memory`: answer at once from what is remembered, ask nobody (objects made by controllers, no time left). */
  readonly reach: 'world' | 'memory'
  /**
   * What it means when memory has no answer: objects made by controllers are passed over in silence, everybody else is
   * told that there was no time left to ask.
   */
  readonly unremembered: 'passed-over' | 'out-of-time'
  /** Read pull secrets and service accounts anew instead of from memory: before a denial that rests on them. */
  readonly fresh: boolean
  /** Keep every request for `explain`. */
  readonly trace: boolean
}

/** Resolves to `undefined` only under `reach: 'memory'`, when nothing is remembered. Rejects only on our own faults. */
export type CredentialsPort = (workload: Workload, context: Context) => Promise<PullCredentials | undefined>

/** As above. `credentials` in the kubelet's order; empty means one anonymous attempt. */
export type ProbePort = (
  reference: Reference,
  credentials: readonly Credential[],
  wantIndex: boolean,
  context: Context,
) => Promise<Probe | undefined>

export type NodeFacts = {
  readonly name: string
  readonly os: string
  readonly architecture: string
  readonly runtime: string
}

/** `undefined`: unknown, for instance because nodes may not be listed. */
export type NodesPort = (context: Context) => Promise<readonly NodeFacts[] | undefined>

export type Ports = {
  readonly credentials: CredentialsPort
  readonly probe: ProbePort
  readonly nodes: NodesPort
}

/** What adapters report while they work; metrics, logs and progress subscribe in `commands/`. Carries no secret. */
export type PullgateEvent =
  | {
      readonly kind: 'request'
      readonly registry: string
      readonly method: string
      readonly code: string
      readonly seconds: number
    }
  | { readonly kind: 'cache'; readonly cache: string; readonly outcome: 'hit' | 'miss' | 'joined' }
  | { readonly kind: 'ratelimit'; readonly registry: string; readonly remaining: number }
  | { readonly kind: 'pause'; readonly registry: string; readonly paused: boolean }
  | { readonly kind: 'cluster-request'; readonly resource: string; readonly code: string; readonly seconds: number }
  | { readonly kind: 'certificate'; readonly expires: number }

export type Observer = (event: PullgateEvent) => void
