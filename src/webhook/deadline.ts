/**
 * How long one admission may take, and the only timers of a request. The API server allows `?timeout=`; the answer must
 * be on its way well before that, whatever the world does.
 */
import { parseDuration } from '../core/duration.ts'

// `timeoutSeconds` of a webhook defaults to 10 and may be 30 at most.
const defaultTimeout = 10_000
const longestTimeout = 30_000
// The API server rounds up to full seconds, so the real deadline may be one second before the one it names.
const answerBefore = 1000
/** For a judge that does not heed its signal, before the fault is answered in its place. */
export const judgeGrace = 250
// With room, as much again for a slow way back and a busy event loop.
const roomyTimeout = 4000
const roomyMargin = 1500
const auditWaits = 1000
// From memory alone nothing is waited for: this bounds only a mistake of ours.
const memoryWaits = 100

export type Waiting = { readonly reach: 'world' | 'memory'; readonly milliseconds: number }

const timeoutOf = (query: unknown): number => {
  const asked = typeof query === 'string' ? parseDuration(query) : undefined
  return asked === undefined || asked <= 0 ? defaultTimeout : Math.min(asked, longestTimeout)
}

/** `timeout` as found in the query; `isAudit` because nobody waits for what is only recorded. */
export const planWaiting = (timeout: unknown, isAudit: boolean): Waiting => {
  const allowed = timeoutOf(timeout)
  const margin = allowed >= roomyTimeout ? roomyMargin : answerBefore + judgeGrace
  const left = allowed - margin
  if (left <= 0) return { reach: 'memory', milliseconds: Math.min(memoryWaits, allowed / 4) }
  return { reach: 'world', milliseconds: isAudit ? Math.min(left, auditWaits) : left }
}

/** Rings once, unless it is stopped before. */
export type StartTimer = (milliseconds: number, ring: () => void) => () => void

export const startTimer: StartTimer = (milliseconds, ring) => {
  const timer = setTimeout(ring, milliseconds)
  return () => {
    clearTimeout(timer)
  }
}

export type Deadline = {
  /** Aborts when the answer is due, or when `giveUp` is called. */
  readonly signal: AbortSignal
  /** Rejects with the signal's reason: at once when given up, after the grace when the answer was due. */
  readonly passed: Promise<never>
  /** The caller has gone: nobody waits for an answer any more. */
  readonly giveUp: () => void
  /** Always to be called: stops the timers. */
  readonly end: () => void
}

export const openDeadline = (milliseconds: number, start: StartTimer = startTimer): Deadline => {
  const due = new AbortController()
  let fail: (reason: unknown) => void = () => undefined
  const passed = new Promise<never>((_, reject) => {
    fail = reject
  })
  // Lost races are the rule here: most answers come in time.
  passed.catch(() => undefined)
  let stopTimer = start(Math.max(0, milliseconds), () => {
    const reason = new DOMException('the answer to the API server is due', 'TimeoutError')
    stopTimer = start(judgeGrace, () => {
      fail(reason)
    })
    due.abort(reason)
  })
  return {
    // Node makes the signal, which is costly, when it is first asked for; most admissions need none.
    get signal() {
      return due.signal
    },
    passed,
    giveUp: () => {
      const reason = new DOMException('the API server has hung up', 'AbortError')
      stopTimer()
      due.abort(reason)
      fail(reason)
    },
    end: () => {
      stopTimer()
    },
  }
}
