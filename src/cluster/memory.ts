/**
 * A memory of a few seconds for what the API server said, in which equal questions asked at once are one question.
 *
 * A caller who stops waiting does not end the question: others wait for it, and its answer serves the next caller.
 */
import { LRUCache } from 'lru-cache'
import type { Observer } from '../core/facts.ts'

export type MemoryOptions = {
  /** Names the memory in metrics. */
  readonly cache: string
  readonly milliseconds: number
  readonly maxEntries: number
  /** In the unit of `sizeOf`. */
  readonly maxSize: number
  /** Milliseconds of a clock that never goes back. */
  readonly clock: { readonly now: () => number }
}

export type Remembered<V> = { readonly value: V; readonly keep: boolean; readonly size: number }

export type Memory<V> = {
  readonly recall: (key: string) => V | undefined
  /** `anew`: neither from memory nor from a question already under way, which may be older than the caller's occasion. */
  readonly ask: (key: string, anew: boolean, question: () => Promise<Remembered<V>>) => Promise<V>
}

type Entry<V> = { readonly value: V; readonly askedAs: number }

export const createMemory = <V>(options: MemoryOptions, observe: Observer): Memory<V> => {
  const { cache, milliseconds, maxEntries, maxSize, clock } = options
  const entries = new LRUCache<string, Entry<V>>({
    max: Math.max(1, maxEntries),
    maxSize,
    ttl: Math.max(1, milliseconds),
    ttlResolution: 0,
    perf: clock,
  })
  const underWay = new Map<string, Promise<V>>()
  let asked = 0

  const put = async (key: string, question: () => Promise<Remembered<V>>): Promise<V> => {
    asked += 1
    const askedAs = asked
    const { value, keep, size } = await question()
    // An answer that was long on its way must not replace a newer one.
    const isNewest = (entries.peek(key)?.askedAs ?? 0) < askedAs
    if (keep && milliseconds > 0 && isNewest) entries.set(key, { value, askedAs }, { size: Math.max(1, size) })
    return value
  }

  const begin = (key: string, question: () => Promise<Remembered<V>>): Promise<V> => {
    observe({ kind: 'cache', cache, outcome: 'miss' })
    const answer = put(key, question).finally(() => {
      if (underWay.get(key) === answer) underWay.delete(key)
    })
    underWay.set(key, answer)
    return answer
  }

  return {
    recall: (key) => entries.get(key)?.value,
    ask: async (key, anew, question) => {
      const known = anew ? undefined : entries.get(key)
      if (known !== undefined) {
        observe({ kind: 'cache', cache, outcome: 'hit' })
        return known.value
      }
      const pending = anew ? undefined : underWay.get(key)
      if (pending === undefined) return begin(key, question)
      observe({ kind: 'cache', cache, outcome: 'joined' })
      return pending
    },
  }
}
