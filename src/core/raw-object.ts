/**
 * Reading raw Kubernetes JSON: anything may be missing or of the wrong type, and none of it may throw. Only what makes
 * workloads of objects uses this; after that there are typed values.
 */

type RawObject = Readonly<Record<string, unknown>>

export const isRawObject = (value: unknown): value is RawObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value under `path`, or `undefined` where a step is missing. Own keys only: a user's `__proto__` is data. */
export const at = (value: unknown, ...path: readonly string[]): unknown => {
  let current = value
  for (const step of path) {
    if (!isRawObject(current) || !Object.hasOwn(current, step)) return undefined
    current = current[step]
  }
  return current
}

export const textAt = (value: unknown, ...path: readonly string[]): string => {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

export const listAt = (value: unknown, ...path: readonly string[]): readonly unknown[] => {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

export const exists = (value: unknown): boolean => value !== undefined && value !== null
