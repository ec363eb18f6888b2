import type { StartTimer } from '../../src/webhook/deadline.ts'

/** A clock that stands still until the test lets a timer ring. */
export const handDrivenTimer = () => {
  const running = new Map<() => void, number>()
  const started: number[] = []
  const start: StartTimer = (milliseconds, ring) => {
    started.push(milliseconds)
    running.set(ring, milliseconds)
    return () => running.delete(ring)
  }
  return {
    start,
    /** In milliseconds, every timer ever started. */
    started,
    running: () => running.size,
    ring: () => {
      const [ring] = running.keys()
      if (ring === undefined) throw new Error('no timer is running')
      running.delete(ring)
      ring()
    },
  }
}
