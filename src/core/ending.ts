/** The end of waiting: what is unfinished when a signal aborts is answered in its place. */

export type Ending = {
  /**
   * The promise, or `late` once the signal aborts. The loser goes on by itself: a joined question may serve others. A
   * port that throws is a fault and is left to the door.
   */
  readonly race: <T>(promise: Promise<T>, late: () => T) => Promise<T>
  /** Always to be called: stops listening to the signal. */
  readonly end: () => void
}

// A port gives up at the same signal, and may have something certain to say by then (a tag is missing, only its neighbours
// were still being looked for): its answer passes through a number of promises first. Core has no clock to wait by.
const promisesOnTheWay = 64

const letOthersSpeak = async (): Promise<void> => {
  for (let passed = 0; passed < promisesOnTheWay; passed += 1) await Promise.resolve()
}

/** One listener for all that one evaluation waits for: listening costs more than most of the answers. */
export const endingOf = (signal: AbortSignal): Ending => {
  let onAbort = (): void => undefined
  const aborted = new Promise<void>((resolve) => {
    onAbort = resolve
  })
  if (signal.aborted) onAbort()
  else signal.addEventListener('abort', onAbort, { once: true })
  return {
    race: async (promise, late) => Promise.race([promise, aborted.then(letOthersSpeak).then(late)]),
    end: () => {
      signal.removeEventListener('abort', onAbort)
    },
  }
}
