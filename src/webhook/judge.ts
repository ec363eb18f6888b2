/** What the webhook asks of whoever judges. Injected, so that serving knows nothing of checks, registries and clusters. */
import type { Admission } from '../core/admission.ts'
import type { Decision } from '../core/decision.ts'
import type { Mode } from '../core/policy.ts'

export type JudgeRequest = {
  /** From the path; `undefined` means the configured mode. */
  readonly mode: Mode | undefined
  /** Aborts when the answer is due (reason `TimeoutError`) or the caller has gone (reason `AbortError`). */
  readonly signal: AbortSignal
  readonly reach: 'world' | 'memory'
}

export type Judged = {
  readonly decision: Decision
  /** Why the answer is what it is, in one word: `evaluated`, `unchanged`, `deleting`, `mirror`, `exempt`, … */
  readonly outcome: string
  readonly annotations?: Readonly<Record<string, string>>
  /** Warnings about the whole object rather than one finding. */
  readonly notices?: readonly string[]
  /** The last line of a denial. */
  readonly advice?: string
  /** What was let through unseen or in spite of its findings, for the metric: one for each. */
  readonly exemptions?: readonly string[]
}

export type Judge = (admission: Admission, request: JudgeRequest) => Promise<Judged>

/** Answers in the judge's place when it threw, or did not settle although its time was up (`TimeoutError`). */
export type Fault = (admission: Admission, request: JudgeRequest, error: unknown) => Judged
