/**
 * The way past a denial, for whoever answers for it: an annotation with a reason on the object, and the verb `bypass`
 * on `admissions.pullgate.dev`. Asked about only when a denial is due, so that it costs nothing otherwise; and never
 * granted by silence: without a clear yes the object is judged as any other.
 */
import type { Admission } from './admission.ts'
import type { Decision, Finding } from './decision.ts'
import { endingOf } from './ending.ts'
import type { Context } from './facts.ts'
import { printable } from './printable.ts'
import { at, textAt } from './raw-object.ts'

const annotation = 'pullgate.dev/bypass'

export type BypassAnswer =
  | { readonly state: 'held' }
  | { readonly state: 'not-held' }
  /** `why` carries no secret. */
  | { readonly state: 'unknown'; readonly why: string }

/** Whether the user holds the verb in this namespace. Rejects only on our own faults. */
export type BypassPort = (user: Admission['user'], namespace: string, context: Context) => Promise<BypassAnswer>

/** What a denial has become. */
export type AfterBypass = {
  readonly decision: Decision
  /** Given where the bypass was heeded. */
  readonly reason?: string
  /** About the annotation, for the user. */
  readonly notices: readonly string[]
}

/** The last line of a denial. */
export const howToBypass = `To apply it all the same: annotate it with ${annotation}: "REASON"; that takes the verb bypass on admissions.pullgate.dev.`

// A warning has room for 256 characters, and the reason is only a part of it.
const shownReason = 100
const shownName = 80

const asked = async (port: BypassPort, { user, namespace }: Admission, context: Context): Promise<BypassAnswer> => {
  // Made by a controller, or no time left: nobody is asked, whatever the answer would be.
  if (context.reach === 'memory') return { state: 'unknown', why: 'nobody was to be asked for this answer' }
  if (context.signal.aborted) return { state: 'unknown', why: 'there was no time left to ask the API server' }
  const ending = endingOf(context.signal)
  try {
    return await ending.race(port(user, namespace, context), () => ({
      state: 'unknown',
      why: 'there was no time left to ask the API server',
    }))
  } finally {
    ending.end()
  }
}

const unheeded = (answer: Exclude<BypassAnswer, { state: 'held' }>, { user, namespace }: Admission): string => {
  const who = printable(user.username, shownName)
  return answer.state === 'not-held'
    ? `${annotation} is not heeded: ${who} does not hold the verb bypass on admissions.pullgate.dev ${namespace === '' ? 'cluster-wide' : `in namespace ${printable(namespace, shownName)}`}.`
    : `${annotation} is not heeded: not known whether ${who} holds the verb bypass on admissions.pullgate.dev (${answer.why}).`
}

const asWarning = (finding: Finding): Finding => ({ ...finding, mode: 'warn' })

const bypassed = ({ denials, warnings, audits }: Decision): Decision => ({
  allowed: true,
  denials: [],
  warnings: [...denials.map(asWarning), ...warnings],
  audits,
})

const isAnnotated = ({ object }: Admission): boolean => at(object, 'metadata', 'annotations', annotation) !== undefined

/** For a denial by a fault of ours, which has no time left to ask anybody. */
export const noticesOfFault = (admission: Admission): readonly string[] =>
  isAnnotated(admission)
    ? [`${annotation} is not heeded: Pullgate failed before it could ask about it; try again.`]
    : []

/** To be called with a decision that denies. */
export const considerBypass = async (
  decision: Decision,
  admission: Admission,
  port: BypassPort,
  context: Context,
): Promise<AfterBypass> => {
  const reason = textAt(admission.object, 'metadata', 'annotations', annotation).trim()
  if (reason === '') {
    return {
      decision,
      notices: isAnnotated(admission) ? [`${annotation} is not heeded: it is empty; write the reason into it.`] : [],
    }
  }
  const answer = await asked(port, admission, context)
  if (answer.state !== 'held') return { decision, notices: [unheeded(answer, admission)] }
  return {
    decision: bypassed(decision),
    reason,
    notices: [
      `Admitted by ${annotation} although it would be refused; the reason given: ${printable(reason, shownReason)}`,
    ],
  }
}
