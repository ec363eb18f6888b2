/** What may be done about a finding: every rule that makes it milder, and none that makes it harder. */
import { type Cause, type CauseId, certaintyOf } from './cause.ts'
import type { CheckId } from './checks/index.ts'
import type { KindTable } from './kind-table.ts'

export const modes = ['enforce', 'warn', 'audit', 'ignore'] as const
export type Mode = (typeof modes)[number]

/** The milder of the two acts: nothing ever acts harder than what its request, its check and its certainty allow. */
export const milder = (a: Mode, b: Mode): Mode => (modes.indexOf(a) >= modes.indexOf(b) ? a : b)

/** The operator's part of the configuration, as core needs it: globs have become predicates. */
export type PolicySettings = {
  readonly mode: Mode
  readonly checks: Readonly<Record<CheckId, Mode>>
  readonly causes: Readonly<Partial<Record<CauseId, Mode>>>
  readonly onUnknown: Mode
  readonly templates: Mode
  readonly owned: Mode
  readonly suspended: boolean
  /** The shipped ones where nothing is said. */
  readonly kinds?: KindTable
}

/** What of a request bears on its policy. */
export type PolicyRequest = {
  /** From the path; `undefined` where the configured mode applies. */
  readonly mode: Mode | undefined
  readonly isTemplate: boolean
  readonly owned: boolean
  readonly idle: boolean
  readonly dryRun: boolean
}

export type Policy = {
  readonly ceiling: Mode
  readonly checks: Readonly<Record<CheckId, Mode>>
  readonly causes: Readonly<Partial<Record<CauseId, Mode>>>
  readonly onUnknown: Mode
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
    dryRun: request.dryRun,
  }
}

/** GitOps tools dry-run a whole bundle before the Secret in it exists, so its absence can deny nothing then. */
const notYetInBundle: readonly CauseId[] = ['secret-absent', 'service-account-absent', 'credential-pending']

/** How one trouble acts under a policy. */
export const modeFor = (policy: Policy, check: CheckId, cause: Cause): Mode => {
  const caps: readonly Mode[] = [
    policy.checks[check],
    policy.causes[cause.id] ?? 'enforce',
    certaintyOf(cause) === 'unknown' ? policy.onUnknown : 'enforce',
    policy.dryRun && notYetInBundle.includes(cause.id) ? 'warn' : 'enforce',
  ]
  return caps.reduce(milder, policy.ceiling)
}

/** A check that cannot act is not run, and asks nobody. */
export const isActive = (policy: Policy, check: CheckId): boolean =>
  milder(policy.ceiling, policy.checks[check]) !== 'ignore'
