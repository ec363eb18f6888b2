// How many requests may be under way to one registry at once. Those over the limit wait their turn, admissions before
// background work, as long as their own signal lets them.

export type Lane = 'admission' | 'background'

export type Budget = {
  /** `false`: the signal ended the waiting, or too many wait already. After `true` comes exactly one `leave`. */
  readonly enter: (registry: string, lane: Lane, signal: AbortSignal) => Promise<boolean>
  readonly leave: (registry: string) => void
}

type Waiter = { readonly lane: Lane; readonly admit: () => void }
type Desk = { busy: number; waiting: Waiter[] }

const mostWaiting = 2000

export const createBudget = (perRegistry: number): Budget => {
  // A registry that nobody is asking has no entry, so the map is as small as what goes on.
  const desks = new Map<string, Desk>()
  return {
    enter: async (registry, lane, signal) => {
      const desk = desks.get(registry) ?? { busy: 0, waiting: [] }
      desks.set(registry, desk)
      if (desk.busy < perRegistry) {
        desk.busy += 1
        return true
      }
      return desk.waiting.length < mostWaiting && !signal.aborted && (await waitAtDesk(desk, lane, signal))
    },
    leave: (registry) => {
      const desk = desks.get(registry)
      if (desk === undefined) return
      const next = takeNext(desk)
      // The place is handed over, not freed: nobody can slip in between.
      if (next !== undefined) next.admit()
      else desk.busy -= 1
      if (desk.busy === 0) desks.delete(registry)
    },
  }
}

const takeNext = (desk: Desk): Waiter | undefined => {
  const first = desk.waiting.findIndex(({ lane }) => lane === 'admission')
  return desk.waiting.splice(Math.max(first, 0), 1)[0]
}

const waitAtDesk = (desk: Desk, lane: Lane, signal: AbortSignal): Promise<boolean> =>
  new Promise((resolve) => {
    const giveUp = (): void => {
      desk.waiting = desk.waiting.filter((other) => other !== waiter)
      resolve(false)
    }
    const waiter: Waiter = {
      lane,
      admit: () => {
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      },
    }
    desk.waiting.push(waiter)
    signal.addEventListener('abort', giveUp, { once: true })
  })
