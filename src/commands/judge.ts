/** Core's judgement in the shape the webhook asks for it. */

import type { BypassPort } from '../core/bypass.ts'
import type { Evaluator } from '../core/evaluate.ts'
import type { Context } from '../core/facts.ts'
import { judgeAdmission, judgeFault } from '../core/judge.ts'
import type { PolicySettings } from '../core/policy.ts'
import type { Fault, Judge, JudgeRequest } from '../webhook/judge.ts'

// A joined question outlives the review that asked it first: as long as the API server would wait by default, no longer.
const perImageMilliseconds = 10_000

const contextOf = ({ signal, reach }: JudgeRequest): Context => ({
  signal,
  reach,
  perImageMilliseconds,
  lane: 'admission',
  unremembered: 'out-of-time',
  fresh: false,
  trace: false,
})

export const createJudge =
  (settings: PolicySettings, evaluator: Evaluator, bypass: BypassPort): Judge =>
  (admission, request) =>
    judgeAdmission(admission, settings, evaluator, {
      mode: request.mode,
      bypass,
      // Most requests are answered without it, and its signal is only made when somebody asks for it.
      get context() {
        return contextOf(request)
      },
    })

/** Only the kind of failure is told: an error's message may quote anything. The log has the whole of it. */
export const createFault =
  (settings: PolicySettings): Fault =>
  (admission, { mode }, error) => {
    const isLate = error instanceof DOMException && error.name === 'TimeoutError'
    return judgeFault(admission, settings, mode, isLate ? 'it found no answer in time' : 'the reason is in its log')
  }
