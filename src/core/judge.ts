/** One admission request from plan to decision; the door (`webhook/`) decodes before this and encodes after it. */
import type { Admission } from './admission.ts'
import { type BypassPort, considerBypass, howToBypass, noticesOfFault } from './bypass.ts'
import { causeOf } from './cause.ts'
import { allowed, type Decision, decide } from './decision.ts'
import { type Evaluation, type Evaluator, evaluate } from './evaluate.ts'
import { type ExemptionKind, exemptionOf } from './exemption.ts'
import type { Context } from './facts.ts'
import { planOf, type Unjudged } from './lifecycle.ts'
import { type Mode, type Policy, type PolicySettings, policyOf } from './policy.ts'
import type { ImageUse, Workload } from './workload.ts'

export type Judged = {
  readonly decision: Decision
  /** Why: evaluated, or what made an evaluation unnecessary. */
  readonly outcome: 'evaluated' | 'bypassed' | 'exempt' | 'ignored' | 'fault' | Unjudged
  readonly evaluation?: Evaluation
  /** One for each thing that was let through although nobody found it good. */
  readonly exemptions?: readonly (ExemptionKind | 'bypass')[]
  readonly annotations?: Readonly<Record<string, string>>
  /** For the user, about the whole object. */
  readonly notices?: readonly string[]
  /** The last line of a denial. */
  readonly advice?: string
}

export type JudgeContext = {
  /** From the path; `undefined` where the configured mode applies. */
  readonly mode: Mode | undefined
  readonly context: Context
  /** Absent where there is nobody to ask: then nothing can be bypassed. */
  readonly bypass?: BypassPort
  /**
   * For what is only asked once the decision is there: it outlives the context's signal by a moment, since an image that
   * hangs uses that up, and a bypass is for just such nights.
   */
  readonly afterwards?: () => AbortSignal
}

type Task = {
  readonly workloads: readonly [Workload, ...Workload[]]
  readonly policy: Policy
  readonly owned: boolean
  /** What of the object is not looked at. */
  readonly exempt: Pick<Judged, 'exemptions' | 'annotations'>
}

const exemptImages = (uses: readonly ImageUse[]): Task['exempt'] =>
  uses.length === 0
    ? {}
    : {
        exemptions: uses.map(() => 'image'),
        annotations: { exempt: `image ${uses.map(({ fieldPath }) => fieldPath).join(', ')}` },
      }

const isTask = (begun: Judged | Task): begun is Task => 'policy' in begun

/** Everything that is decided before anybody is asked. */
const begin = (admission: Admission, settings: PolicySettings, mode: Mode | undefined): Judged | Task => {
  const exemption = exemptionOf(admission, settings)
  if (exemption !== undefined) {
    return { decision: allowed, outcome: 'exempt', exemptions: [exemption], annotations: { exempt: exemption } }
  }
  const plan = planOf(admission, settings.kinds)
  if (!plan.judge) return { decision: allowed, outcome: plan.because }
  const { workloads, owned, idle } = plan
  const policy = policyOf(settings, {
    mode,
    namespace: workloads[0].namespace,
    isTemplate: workloads[0].isTemplate,
    owned,
    idle,
    dryRun: admission.dryRun,
  })
  if (policy.ceiling === 'ignore') return { decision: allowed, outcome: 'ignored' }
  const isExempt = settings.exemptions.images
  const exempt = exemptImages(workloads.flatMap(({ images }) => images.filter(({ image }) => isExempt(image))))
  const [first, ...others] = workloads
    .map((workload) => ({ ...workload, images: workload.images.filter(({ image }) => !isExempt(image)) }))
    .filter(({ images }) => images.length > 0)
  if (first === undefined) return { decision: allowed, outcome: 'exempt', ...exempt }
  return { workloads: [first, ...others], policy, owned, exempt }
}

const denied = async (judged: Judged, admission: Admission, port: BypassPort, context: Context): Promise<Judged> => {
  const { decision, reason, notices } = await considerBypass(judged.decision, admission, port, context)
  if (reason === undefined) return { ...judged, notices, advice: howToBypass }
  return {
    ...judged,
    decision,
    outcome: 'bypassed',
    exemptions: [...(judged.exemptions ?? []), 'bypass'],
    annotations: { ...judged.annotations, bypass: reason },
    notices,
  }
}

export const judgeAdmission = async (
  admission: Admission,
  settings: PolicySettings,
  evaluator: Evaluator,
  request: JudgeContext,
): Promise<Judged> => {
  const begun = begin(admission, settings, request.mode)
  if (!isTask(begun)) return begun
  const { workloads, policy, owned, exempt } = begun
  // Read only now: most requests have been answered without it, and its signal costs something to make.
  const given = request.context
  // Made by a controller: whatever the answer, it may neither slow nor stop a drain, so nobody is asked for it.
  const context: Context = owned ? { ...given, reach: 'memory', unremembered: 'passed-over' } : given
  const evaluation = await evaluate(workloads, policy, evaluator, context)
  const judged: Judged = { decision: evaluation.decision, outcome: 'evaluated', evaluation, ...exempt }
  if (judged.decision.allowed || request.bypass === undefined) return judged
  const signal = request.afterwards?.() ?? context.signal
  return denied(judged, admission, request.bypass, { ...context, signal })
}

/** A fault of ours, judged like any unknown: it says nothing about the image. `why` carries no secret. */
export const judgeFault = (
  admission: Admission,
  settings: PolicySettings,
  mode: Mode | undefined,
  why: string,
): Judged => {
  const begun = begin(admission, settings, mode)
  if (!isTask(begun)) return begun
  const { workloads, policy, exempt } = begun
  const cause = causeOf('internal-error', { name: 'the images of this object', host: '', detail: why })
  const results = workloads
    .flatMap(({ images }) => images)
    .map(({ fieldPath, image }) => ({ check: 'image-pullable', fieldPath, image, outcome: 'trouble', cause }) as const)
  const decision = decide(policy, results)
  const told = decision.allowed ? {} : { notices: noticesOfFault(admission), advice: howToBypass }
  return { decision, outcome: 'fault', ...exempt, ...told }
}
