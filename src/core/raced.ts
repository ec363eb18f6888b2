/**
 * The promise, or `late` once the signal aborts. The loser goes on by itself: a joined question may serve others. A
 * port that throws is a fault and is left to the door.
 */
export const raced = async <T>(promise: Promise<T>, signal: AbortSignal, late: () => T): Promise<T> => {
  let onAbort = (): void => undefined
  const aborted = new Promise<T>((resolve) => {
    onAbort = () => {
      resolve(late())
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
