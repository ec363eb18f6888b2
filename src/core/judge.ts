/** One admission request from plan to decision; the door (`webhook/`) decodes before this and encodes after it. */
import type { Admission } from './admission.ts'
import { causeOf } from './cause.ts'
import { allowed, type Decision, decide } from './decision.ts'
import { type Evaluation, type Evaluator, evaluate } from './evaluate.ts'
import type { Context } from './facts.ts'
import { planOf, type Unjudged } from './lifecycle.ts'
import { type Mode, type PolicySettings, policyOf } from './policy.ts'

export type Judged = {
  readonly decision: Decision
  /** Why: evaluated, or what made an evaluation unnecessary. */
  readonly outcome: 'evaluated' | 'ignored' | 'fault' | Unjudged
  readonly evaluation?: Evaluation
}

export const judgeAdmission = async (
  admission: Admission,
  settings: PolicySettings,
  evaluator: Evaluator,
  request: { readonly mode: Mode | undefined; readonly context: Context },
): Promise<Judged> => {
  const plan = planOf(admission, settings.kinds)
  if (!plan.judge) return { decision: allowed, outcome: plan.because }
  const { workloads, owned, idle } = plan
  const policy = policyOf(settings, {
    mode: request.mode,
    isTemplate: workloads[0].isTemplate,
    owned,
    idle,
    dryRun: admission.dryRun,
  })
  if (policy.ceiling === 'ignore') return { decision: allowed, outcome: 'ignored' }
  // Made by a controller: whatever the answer, it may neither slow nor stop a drain, so nobody is asked for it.
  const context: Context = owned ? { ...request.context, reach: 'memory' } : request.context
  const evaluation = await evaluate(workloads, policy, evaluator, context)
  return { decision: evaluation.decision, outcome: 'evaluated', evaluation }
}

/** A fault of ours, judged like any unknown: it says nothing about the image. `why` carries no secret. */
export const judgeFault = (
  admission: Admission,
  settings: PolicySettings,
  mode: Mode | undefined,
  why: string,
): Judged => {
  const plan = planOf(admission, settings.kinds)
  if (!plan.judge) return { decision: allowed, outcome: plan.because }
  const { workloads, owned, idle } = plan
  const { isTemplate } = workloads[0]
  const policy = policyOf(settings, { mode, isTemplate, owned, idle, dryRun: admission.dryRun })
  const cause = causeOf('internal-error', { name: 'the images of this object', host: '', detail: why })
  const results = workloads
    .flatMap(({ images }) => images)
    .map(({ fieldPath, image }) => ({ check: 'image-pullable', fieldPath, image, outcome: 'trouble', cause }) as const)
  return { decision: decide(policy, results), outcome: 'fault' }
}
