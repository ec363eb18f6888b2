/** Durations as Go writes them (time.ParseDuration), the way Kubernetes users know them: `500ms`, `5s`, `1h30m`. */

const milliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y

/** In milliseconds; `undefined` where the text is no duration. Signs are not accepted: nothing here lasts less than nothing. */
export const parseDuration = (text: string): number | undefined => {
  if (text === '0') return 0
  // No duration in use is longer written; the limit keeps a stranger's query string cheap.
  if (text === '' || text.length > 64) return undefined
  let total = 0
  part.lastIndex = 0
  while (part.lastIndex < text.length) {
    const match = part.exec(text)
    if (match === null) return undefined
    total += Number(match[1]) * (milliseconds[match[2] ?? ''] ?? Number.NaN)
  }
  return Number.isFinite(total) ? total : undefined
}
