/** One admission request from plan to decision; the door (`webhook/`) decodes before this and encodes after it. */
import type { Admission } from './admission.ts'
import { type BypassPort, considerBypass, howToBypass } from './bypass.ts'
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
  { mode, context: given, bypass }: JudgeContext,
): Promise<Judged> => {
  const begun = begin(admission, settings, mode)
  if (!isTask(begun)) return begun
  const { workloads, policy, owned, exempt } = begun
  // Made by a controller: whatever the answer, it may neither slow nor stop a drain, so nobody is asked for it.
  const context: Context = owned ? { ...given, reach: 'memory', unremembered: 'passed-over' } : given
  const evaluation = await evaluate(workloads, policy, evaluator, context)
  const judged: Judged = { decision: evaluation.decision, outcome: 'evaluated', evaluation, ...exempt }
  return judged.decision.allowed || bypass === undefined ? judged : denied(judged, admission, bypass, context)
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
  return { decision: decide(policy, results), outcome: 'fault', ...exempt }
}
