/** What may be done about a finding: the rules that fit it, and every cap that makes it milder. */
import { type Cause, type CauseId, certaintyOf } from './cause.ts'
import type { CheckId } from './checks/index.ts'
import type { Exemptions } from './exemption.ts'
import type { KindTable } from './kind-table.ts'

export const modes = ['enforce', 'warn', 'audit', 'ignore'] as const
export type Mode = (typeof modes)[number]

/** The milder of the two acts: nothing ever acts harder than what its request, its check and its certainty allow. */
export const milder = (a: Mode, b: Mode): Mode => (modes.indexOf(a) >= modes.indexOf(b) ? a : b)

/** How findings act, below the ceiling of their request. */
export type Rules = {
  readonly checks: Readonly<Record<CheckId, Mode>>
  readonly causes: Readonly<Partial<Record<CauseId, Mode>>>
  readonly onUnknown: Mode
}

/** Other rules for some namespaces and images; what it leaves out stays as it is everywhere. */
export type Override = {
  /** `undefined`: every namespace. */
  readonly namespaces?: (namespace: string) => boolean
  /** `undefined`: every image, and findings about no image. Given the image string as written. */
  readonly images?: (image: string) => boolean
  readonly checks: Readonly<Partial<Record<CheckId, Mode>>>
  readonly causes: Readonly<Partial<Record<CauseId, Mode>>>
  readonly onUnknown?: Mode
}

/** The operator's part of the configuration, as core needs it: globs have become predicates. */
export type PolicySettings = Rules & {
  readonly mode: Mode
  readonly templates: Mode
  readonly owned: Mode
  readonly suspended: boolean
  /** The first that fits wins. */
  readonly overrides: readonly Override[]
  readonly exemptions: Exemptions
  /** The shipped ones where nothing is said. */
  readonly kinds?: KindTable
}

/** What of a request bears on its policy. */
export type PolicyRequest = {
  /** From the path; `undefined` where the configured mode applies. */
  readonly mode: Mode | undefined
  readonly namespace: string
  readonly isTemplate: boolean
  readonly owned: boolean
  readonly idle: boolean
  readonly dryRun: boolean
}

export type Policy = Rules & {
  readonly ceiling: Mode
  /** Those of the object's namespace. */
  readonly overrides: readonly Override[]
  readonly dryRun: boolean
}

export const policyOf = (settings: PolicySettings, request: PolicyRequest): Policy => {
  const caps: readonly Mode[] = [
    ...(request.isTemplate ? [settings.templates] : []),
    ...(request.owned ? [settings.owned] : []),
    ...(request.idle ? ['warn' as const] : []),
    ...(settings.suspended ? ['ignore' as const] : []),
  ]
  return {
    ceiling: caps.reduce(milder, request.mode ?? settings.mode),
    checks: settings.checks,
    causes: settings.causes,
    onUnknown: settings.onUnknown,
    overrides: settings.overrides.filter(({ namespaces }) => namespaces?.(request.namespace) ?? true),
    dryRun: request.dryRun,
  }
}

/** `image` is empty for what is about no image: only an override for all images fits that. */
const rulesFor = (policy: Policy, image: string): Rules => {
  const override = policy.overrides.find(({ images }) => images === undefined || (image !== '' && images(image)))
  if (override === undefined) return policy
  return {
    checks: { ...policy.checks, ...override.checks },
    causes: { ...policy.causes, ...override.causes },
    onUnknown: override.onUnknown ?? policy.onUnknown,
  }
}

/** GitOps tools dry-run a whole bundle before the Secret in it exists, so its absence can deny nothing then. */
const notYetInBundle: readonly CauseId[] = ['secret-absent', 'service-account-absent', 'credential-pending']

/** How one trouble with one image acts under a policy. */
export const modeFor = (policy: Policy, check: CheckId, cause: Cause, image: string): Mode => {
  const rules = rulesFor(policy, image)
  const caps: readonly Mode[] = [
    rules.checks[check],
    rules.causes[cause.id] ?? 'enforce',
    certaintyOf(cause) === 'unknown' ? rules.onUnknown : 'enforce',
    policy.dryRun && notYetInBundle.includes(cause.id) ? 'warn' : 'enforce',
  ]
  return caps.reduce(milder, policy.ceiling)
}

/** A check that cannot act on an image does not look at it, and asks nobody. */
export const isActive = (policy: Policy, check: CheckId, image: string): boolean =>
  milder(policy.ceiling, rulesFor(policy, image).checks[check]) !== 'ignore'

/** Whether the check of pull secrets acts on a trouble at least as hard as that of images would for this image. */
export const isToldBySecrets = (policy: Policy, trouble: Cause, image: string): boolean => {
  const byImage = modeFor(policy, 'image-pullable', trouble, image)
  return milder(modeFor(policy, 'pull-secrets', trouble, ''), byImage) === byImage
}
