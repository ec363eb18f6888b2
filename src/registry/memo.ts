import { LRUCache } from 'lru-cache'
import type { Observer } from '../core/facts.ts'

// Answers that are remembered, and questions that are joined: whoever asks what is just being asked waits for that answer.

type Remembered<Answer> = { readonly answer: Answer; readonly source: 'hit' | 'miss' | 'joined' }

export type Memo<Answer> = {
  readonly recall: (key: string) => Answer | undefined
  /** `ask` must end by itself: nobody's abort ends it, for others may have joined. */
  readonly ask: (key: string, ask: (tell: (soFar: Answer) => void) => Promise<Answer>) => Promise<Remembered<Answer>>
  /** What has been told of the answer to a question that is still under way, or the answer if that has just come. */
  readonly soFar: (key: string) => Answer | undefined
  readonly forget: (key: string) => void
}

export type MemoOptions<Answer> = {
  /** In metrics. */
  readonly name: string
  readonly max: number
  /** Milliseconds; nothing is kept for 0 or less. */
  readonly lifetimeOf: (answer: Answer) => number
  readonly now: () => number
  readonly observe: Observer
}

type UnderWay<Answer> = { readonly asking: Promise<Answer>; readonly soFar: () => Answer | undefined }

export const createMemo = <Answer extends object>(options: MemoOptions<Answer>): Memo<Answer> => {
  const answers = createMemory<Answer>(options.max, options.now)
  // As large as what is going on: an entry ends with its question, and questions end by themselves. lru-cache's own
  // fetchMethod would reject everybody when an entry is evicted before its answer is there.
  const underWay = new Map<string, UnderWay<Answer>>()
  const observe = (outcome: Remembered<Answer>['source']): void => {
    options.observe({ kind: 'cache', cache: options.name, outcome })
  }
  const recall = (key: string): Answer | undefined => {
    const answer = answers.get(key)
    if (answer !== undefined) observe('hit')
    return answer
  }
  const start = (key: string, ask: (tell: (soFar: Answer) => void) => Promise<Answer>): Promise<Answer> => {
    let told: Answer | undefined
    const asking = ask((soFar) => {
      told = soFar
    })
      .then((answer) => {
        remember(answers, key, answer, options.lifetimeOf(answer))
        return answer
      })
      .finally(() => underWay.delete(key))
    // Those who wait handle a fault; when all of them have gone, there is nobody it could stop.
    asking.catch(() => undefined)
    underWay.set(key, { asking, soFar: () => told })
    return asking
  }
  return {
    recall,
    soFar: (key) => underWay.get(key)?.soFar() ?? answers.get(key),
    forget: (key) => void answers.delete(key),
    ask: async (key, ask) => {
      const known = recall(key)
      if (known !== undefined) return { answer: known, source: 'hit' }
      const joined = underWay.get(key)
      const source = joined === undefined ? 'miss' : 'joined'
      observe(source)
      return { answer: await (joined?.asking ?? start(key, ask)), source }
    },
  }
}

export type Memory<Value extends object> = LRUCache<string, Value>

/** Bounded in number; each value with a lifetime of its own, measured by the given clock. */
export const createMemory = <Value extends object>(max: number, now: () => number): Memory<Value> =>
  // lru-cache takes a start of 0 for "no lifetime", and a resolution above 0 would ask the real clock.
  new LRUCache({ max, ttl: 1, ttlResolution: 0, perf: { now: () => now() + 1 } })

/** lru-cache takes a lifetime of 0 for "for ever". */
export const remember = <Value extends object>(
  memory: Memory<Value>,
  key: string,
  value: Value,
  milliseconds: number,
): void => {
  if (milliseconds > 0) memory.set(key, value, { ttl: milliseconds })
}

/** Keys cannot be forged by a part that contains the separator. */
export const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts)
