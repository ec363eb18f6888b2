/** Policy x troubles -> Decision: pure, and the only place that says yes or no. */
import { type Cause, type Certainty, certaintyOf, explain, remedyFor } from './cause.ts'
import type { Judgement } from './check.ts'
import type { CheckId } from './checks/index.ts'
import { type Mode, modeFor, type Policy } from './policy.ts'
import { printableImage } from './printable.ts'

/** One judgement of one check. */
export type CheckResult = Judgement & { readonly check: CheckId }

/** One thing wrong or unanswered, with the mode that applies to it after every cap. */
export type Finding = {
  readonly check: CheckId
  readonly cause: Cause['id']
  readonly certainty: Certainty
  readonly mode: Mode
  readonly fieldPath: string
  readonly image: string
  /** One sentence: what is wrong. */
  readonly message: string
  /** One sentence: what to do, with a command where one helps. */
  readonly remedy: string
  readonly suggestions: readonly string[]
}

/** Each list is ordered: certain before unknown, then in the order of checks and fields. Findings of mode ignore are in none. */
export type Decision = {
  readonly allowed: boolean
  readonly denials: readonly Finding[]
  readonly warnings: readonly Finding[]
  readonly audits: readonly Finding[]
}

const suggestionsOf = (cause: Cause): readonly string[] => (cause.id === 'tag-absent' ? cause.suggestions : [])

export const findingOf = (result: CheckResult & { readonly outcome: 'trouble' }, policy: Policy): Finding => ({
  check: result.check,
  cause: result.cause.id,
  certainty: certaintyOf(result.cause),
  mode: modeFor(policy, result.check, result.cause, result.image),
  fieldPath: result.fieldPath,
  image: printableImage(result.image),
  message: explain(result.cause),
  remedy: remedyFor(result.cause),
  suggestions: suggestionsOf(result.cause),
})

const seriousness = ({ certainty }: Finding): number => (certainty === 'certain' ? 0 : 1)

export const decide = (policy: Policy, results: readonly CheckResult[]): Decision => {
  const findings = results
    .filter((result) => result.outcome === 'trouble')
    .map((result) => findingOf(result, policy))
    .toSorted((a, b) => seriousness(a) - seriousness(b))
  const of = (mode: Mode): readonly Finding[] => findings.filter((finding) => finding.mode === mode)
  const denials = of('enforce')
  return { allowed: denials.length === 0, denials, warnings: of('warn'), audits: of('audit') }
}

export const allowed: Decision = { allowed: true, denials: [], warnings: [], audits: [] }
