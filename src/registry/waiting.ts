/** Waits no longer than the signal allows; what is waited for goes on. `undefined`: the signal came first. */
export const waitFor = <Answer>(answer: Promise<Answer>, signal: AbortSignal): Promise<Answer | undefined> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => {
      resolve(undefined)
    }
    if (signal.aborted) giveUp()
    // Not AbortSignal.any: signals of a long scan would collect one dependent per question.
    signal.addEventListener('abort', giveUp, { once: true })
    answer.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', giveUp)
    })
  })
