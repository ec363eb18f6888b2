import { setTimeout as pause } from 'node:timers/promises'

export type Waiting = {
  /** Completes the sentence "gave up waiting for …". */
  what: string
  limitMs: number
  /** Ends the waiting at once, with the signal's reason. */
  signal?: AbortSignal
}

/** Asks again and again until the probe has an answer. A probe that throws has none yet: servers refuse before they serve. */
export async function until<T>(waiting: Waiting, probe: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + waiting.limitMs
  let lastTrouble = 'it has no answer yet'
  while (Date.now() < deadline) {
    waiting.signal?.throwIfAborted()
    try {
      const answer = await probe()
      if (answer !== undefined) return answer
    } catch (trouble) {
      lastTrouble = trouble instanceof Error ? trouble.message : String(trouble)
    }
    await pause(50)
  }
  throw new Error(`gave up waiting for ${waiting.what} after ${waiting.limitMs / 1000} s: ${lastTrouble}`)
}
