import type { Credential } from '../core/credential.ts'
import type { Context, HostProbe, Outcome } from '../core/facts.ts'
import { nameOf, pullTarget, type Reference } from '../core/reference.ts'
import type { Host, Plan } from './hosts.ts'
import type { Identity } from './identity.ts'
import { keyOf, type Memo } from './memo.ts'
import type { Speaker } from './speaker.ts'
import { unanswered } from './unanswered.ts'
import { waitFor } from './waiting.ts'

type TurnQuestion = {
  readonly reference: Reference
  readonly plan: Plan
  readonly credential: Credential | undefined
  readonly identity: Identity
  readonly context: Context
  /** Milliseconds that the turns before have taken of the time for this image. */
  readonly elapsed: number
}

export type Turn = (question: TurnQuestion) => Promise<HostProbe | undefined>

/** One credential's turn; `undefined` only where nothing but memory may be asked. */
export const createTurn =
  (answers: Memo<HostProbe>, speaker: Speaker): Turn =>
  async (question) => {
    const { reference, plan, identity, context } = question
    const unasked = outcomeUnasked(question)
    if (unasked !== undefined) return { host: plan.name, outcome: unasked, requests: [] }
    const [host] = 'hosts' in plan ? plan.hosts : []
    if (host === undefined) return undefined
    const key = answerKey(host, reference, identity)
    const known = answers.recall(key)
    if (known !== undefined || context.reach === 'memory') return known
    const { lane, perImageMilliseconds: limitMilliseconds } = context
    const asking = answers.ask(key, (tell) => speaker({ host, reference, identity, lane, limitMilliseconds, tell }))
    const waited = await waitFor(asking, waitingLimit(question))
    const answer = waited?.answer ?? answers.soFar(key)
    if (answer !== undefined) return answer
    const outcome = unanswered('deadline-exceeded', 'the answer did not come in time')
    return { host: host.name, outcome, requests: [] }
  }

// The first question has a limit of its own, which is this one or earlier; the next ones have what is left of it.
const waitingLimit = ({ context, elapsed }: TurnQuestion): AbortSignal => {
  if (elapsed === 0) return context.signal
  return AbortSignal.any([context.signal, AbortSignal.timeout(Math.ceil(context.perImageMilliseconds - elapsed))])
}

const answerKey = (host: Host, reference: Reference, { fingerprint }: Identity): string => {
  const target = pullTarget(reference)
  return keyOf(
    host.scheme,
    host.name,
    nameOf(reference),
    target.kind === 'tag' ? target.tag : target.digest,
    fingerprint,
  )
}

const outcomeUnasked = ({ plan, credential, context, elapsed }: TurnQuestion): Outcome | undefined => {
  if ('trouble' in plan) return plan.trouble
  if (credential?.viaHubFallback === true && plan.hosts.some(({ isDockerHub }) => !isDockerHub)) {
    return unanswered('address-denied', 'a Docker Hub credential is not sent to another registry')
  }
  if (credential?.isMisencoded === true) {
    return { kind: 'refused', stage: 'credential', status: 0, detail: 'user name or password is not valid UTF-8' }
  }
  const isOver = elapsed >= context.perImageMilliseconds || context.signal.aborted
  const isLate = context.reach === 'world' && isOver
  return isLate ? unanswered('deadline-exceeded', 'no time was left to ask') : undefined
}
