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

// Within the moment that the webhook leaves a judge after its answer is due; a SubjectAccessReview takes milliseconds.
const bypassMilliseconds = 200

/** Aborts that much later than the signal it follows. */
const outliving = (signal: AbortSignal, milliseconds: number): AbortSignal => {
  const later = new AbortController()
  const ring = (): void => {
    setTimeout(() => {
      later.abort()
    }, milliseconds).unref()
  }
  if (signal.aborted) ring()
  else signal.addEventListener('abort', ring, { once: true })
  return later.signal
}

export const createJudge =
  (settings: PolicySettings, evaluator: Evaluator, bypass: BypassPort): Judge =>
  (admission, request) =>
    judgeAdmission(admission, settings, evaluator, {
      mode: request.mode,
      bypass,
      afterwards: () => outliving(request.signal, bypassMilliseconds),
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
