/**
 * A label that strangers can choose values for. A time series is kept for ever, so the first values keep their own and
 * everything after that is counted together.
 */
export type BoundedLabel = (value: string) => string

export const boundedLabel = (limit: number): BoundedLabel => {
  const known = new Set<string>()
  return (value) => {
    if (known.has(value)) return value
    if (known.size >= limit) return 'other'
    known.add(value)
    return value
  }
}
