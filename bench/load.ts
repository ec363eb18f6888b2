/** Load over keep-alive connections, one request at a time on each, and its latencies. */
import { Pool } from 'undici'

export type Load = { readonly requests: number; readonly connections: number; readonly body: (n: number) => string }

export type Measured = {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export const median = (values: readonly number[]): number =>
  percentile(
    values.toSorted((a, b) => a - b),
    0.5,
  )

type Answer = { readonly response: { readonly allowed: boolean } }

/** Throws unless every review is admitted: a server that refuses quickly has not been measured. */
export const measure = async (url: string, path: string, { requests, connections, body }: Load): Promise<Measured> => {
  const pool = new Pool(url, { connections, pipelining: 1, connect: { rejectUnauthorized: false } })
  const latencies: number[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < requests) {
      const n = next++
      const started = performance.now()
      const answer = await pool.request({
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: body(n),
      })
      const { response } = (await answer.body.json()) as Answer
      latencies.push(performance.now() - started)
      if (!response.allowed) throw new Error(`review ${n} was not admitted: ${JSON.stringify(response)}`)
    }
  }
  const started = performance.now()
  await Promise.all(Array.from({ length: connections }, worker))
  const seconds = (performance.now() - started) / 1000
  await pool.close()
  const sorted = latencies.toSorted((a, b) => a - b)
  return { perSecond: requests / seconds, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99) }
}
