import { setMaxListeners } from 'node:events'

/** Waits no longer than the signal allows; what is waited for goes on. `undefined`: the signal came first. */
export const waitFor = <Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer | undefined> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => {
      resolve(undefined)
    }
    if (signal.aborted) giveUp()
    // Not AbortSignal.any: signals of a long scan would collect one dependent per question.
    // One listener for each image of an object is no leak: each goes with its answer.
    setMaxListeners(0, signal)
    signal.addEventListener('abort', giveUp, { once: true })
    answer.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', giveUp)
    })
  })
