/** One admission: judge it within its time, answer, and say so in the log and the metrics. The last line of defence is here. */
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Admission } from '../core/admission.ts'
import type { Mode } from '../core/policy.ts'
import { type Deadline, openDeadline, planWaiting, type StartTimer } from './deadline.ts'
import { type Answered, type Log, logDecision } from './decision-log.ts'
import type { Fault, Judge, Judged, JudgeRequest } from './judge.ts'
import { type AdmissionReview, decodeReview, encodeReview } from './review.ts'

export type AdmissionOptions = {
  readonly judge: Judge
  readonly fault: Fault
  readonly log: Log
  /** What `/validate` without a mode means now; only decides how long the world is waited for. */
  readonly configuredMode?: () => Mode
  readonly onAnswered?: (answered: Answered) => void
  readonly startTimer?: StartTimer
}

type Ending = { readonly answered: Judged } | { readonly gone: true }

// When even the injected fault fails there is nothing left to ask; an unknown is never rounded to a denial.
const unchecked: Judged = {
  decision: { allowed: true, denials: [], warnings: [], audits: [] },
  outcome: 'fault',
  annotations: { 'internal-error': 'not checked' },
  notices: ['Pullgate failed and has not checked the images of this object; see its log.'],
}

const judgeFault = (options: AdmissionOptions, admission: Admission, request: JudgeRequest, error: unknown): Judged => {
  options.log.error({ uid: admission.uid, err: error }, 'judging failed')
  try {
    return options.fault(admission, request, error)
  } catch (second) {
    options.log.error({ uid: admission.uid, err: second }, 'answering a failure failed')
    return unchecked
  }
}

const isGone = ({ signal }: Deadline): boolean =>
  signal.reason instanceof DOMException && signal.reason.name === 'AbortError'

/** Never rejects: what the judge throws, and a judge that does not come back, are answered in its place. */
const judgeInTime = async (
  options: AdmissionOptions,
  admission: Admission,
  request: JudgeRequest,
  deadline: Deadline,
): Promise<Ending> => {
  try {
    const judging = (async () => options.judge(admission, request))()
    return { answered: await Promise.race([judging, deadline.passed]) }
  } catch (error) {
    return isGone(deadline) ? { gone: true } : { answered: judgeFault(options, admission, request, error) }
  }
}

const encode = (options: AdmissionOptions, admission: Admission, judged: Judged): AdmissionReview => {
  try {
    return encodeReview(admission, judged.decision, judged)
  } catch (error) {
    options.log.error({ uid: admission.uid, err: error }, 'encoding failed')
    return encodeReview(admission, unchecked.decision, unchecked)
  }
}

const record = (options: AdmissionOptions, answered: Answered): void => {
  try {
    logDecision(options.log, answered)
    options.onAnswered?.(answered)
  } catch (error) {
    options.log.error({ uid: answered.admission.uid, err: error }, 'recording a decision failed')
  }
}

// Not fastify's `reply.elapsedTime`: that stays 0 unless something listens to responses or logging is on.
const arrivals = new WeakMap<FastifyRequest, number>()

/** To be called before the body is read: the API server's clock runs from there. */
export const noteArrival = (request: FastifyRequest): void => {
  arrivals.set(request, performance.now())
}

const millisecondsSince = (request: FastifyRequest): number => {
  const now = performance.now()
  return now - (arrivals.get(request) ?? now)
}

const timeoutParameter = (query: unknown): unknown => (query as { readonly timeout?: unknown }).timeout

/**
 * Heard at the connection. A listener at the response, which ends its life only after the answer, takes the parsed body
 * into the old generation of the heap with it: a third of the time of a warm review went there (measured, Node 20).
 */
const onHangUp = (connection: Socket, gone: () => void): (() => void) => {
  if (connection.destroyed) gone()
  connection.once('close', gone)
  return () => {
    connection.off('close', gone)
  }
}

/** Handles a request whose body the schema has accepted. */
export const answerAdmission =
  (options: AdmissionOptions, mode: Mode | undefined) =>
  async (http: FastifyRequest, reply: FastifyReply): Promise<AdmissionReview | undefined> => {
    const admission = decodeReview(http.body)
    const waiting = planWaiting(timeoutParameter(http.query), (mode ?? options.configuredMode?.()) === 'audit')
    const deadline = openDeadline(waiting.milliseconds - millisecondsSince(http), options.startTimer)
    const stopListening = onHangUp(http.raw.socket, deadline.giveUp)
    const request: JudgeRequest = {
      mode,
      reach: waiting.reach,
      get signal() {
        return deadline.signal
      },
    }
    const ending = await judgeInTime(options, admission, request, deadline)
    deadline.end()
    stopListening()
    if ('gone' in ending) {
      options.log.warn(
        { uid: admission.uid, milliseconds: Math.round(millisecondsSince(http)) },
        'the API server hung up before the answer',
      )
      reply.hijack()
      return undefined
    }
    record(options, { admission, mode, judged: ending.answered, milliseconds: millisecondsSince(http) })
    return encode(options, admission, ending.answered)
  }
