import type { Outcome } from '../core/facts.ts'
import { createMemory, remember } from './memo.ts'
import { type Unanswered, unanswered } from './unanswered.ts'
import { waitFor } from './waiting.ts'

// A wrong password is shown to a host once, not once per image: account lock-outs count attempts. The first to show a
// credential to a host is waited for by the rest; what becomes of it holds for a while.

export type Refused = Extract<Outcome, { kind: 'refused' }>

export type Turn = {
  /** Host and credential. */
  readonly key: string
  /** Refusals of this repository only: a 403 of a token server may well mean the scope, not the password. */
  readonly scopeKey: string
  readonly signal: AbortSignal
}

export type Reception =
  | 'accepted'
  | 'unclear'
  | { readonly refused: Refused | Unanswered; readonly holdsFor: 'host' | 'scope' }

export type Presentations = {
  readonly present: <Answer>(
    turn: Turn,
    show: () => Promise<Answer>,
    receptionOf: (answer: Answer) => Reception,
  ) => Promise<Answer | Refused | Unanswered>
}

export type PresentationOptions = {
  readonly refusedMilliseconds: number
  readonly acceptedMilliseconds: number
  readonly now: () => number
}

const mostRemembered = 10_000

export const createPresentations = (options: PresentationOptions): Presentations => {
  const refusals = createMemory<Refused | Unanswered>(mostRemembered, options.now)
  const acceptances = createMemory<object>(mostRemembered, options.now)
  const underWay = new Map<string, Promise<unknown>>()

  const note = (turn: Turn, reception: Reception): void => {
    if (reception === 'accepted') remember(acceptances, turn.key, {}, options.acceptedMilliseconds)
    if (typeof reception === 'string') return
    // A password that worked a moment ago is not wrong because one repository says no.
    const isForAll = reception.holdsFor === 'host' && !acceptances.has(turn.key)
    remember(refusals, isForAll ? turn.key : turn.scopeKey, reception.refused, options.refusedMilliseconds)
  }

  const showFirst = async <Answer>(
    turn: Turn,
    show: () => Promise<Answer>,
    receptionOf: (answer: Answer) => Reception,
  ): Promise<Answer> => {
    const showing = show()
    underWay.set(turn.key, showing)
    try {
      const answer = await showing
      note(turn, receptionOf(answer))
      return answer
    } finally {
      if (underWay.get(turn.key) === showing) underWay.delete(turn.key)
    }
  }

  return {
    present: async (turn, show, receptionOf) => {
      // Each pass waits for the end of one presentation, and the signal ends the waiting.
      while (!turn.signal.aborted) {
        const refused = refusals.get(turn.key) ?? refusals.get(turn.scopeKey)
        if (refused !== undefined) return refused
        const earlier = acceptances.has(turn.key) ? undefined : underWay.get(turn.key)
        if (earlier === undefined) return showFirst(turn, show, receptionOf)
        const ended = earlier.catch(() => undefined)
        await waitFor(ended, turn.signal)
      }
      return unanswered('registry-timeout', 'no answer in time to whether the credential is valid')
    },
  }
}
