/** Liveness and readiness, worded as the API server words its own, so that known habits and tools apply. */

export type Condition = {
  readonly name: string
  readonly ok: boolean
  /** Free of secrets: anybody may read it. */
  readonly why?: string
  /** Worth telling, and no reason to take a server away that answers as well as before. */
  readonly advisory?: boolean
}

export type Readiness = () => readonly Condition[]

export type HealthAnswer = { readonly code: number; readonly text: string }

export const livez = (): HealthAnswer => ({ code: 200, text: 'ok' })

const conditionLine = ({ name, ok, why }: Condition): string =>
  ok ? `[+]${name} ok` : `[-]${name} failed${why === undefined ? '' : `: ${why}`}`

/** A list is always given when something is wrong; `?verbose` gives it when all is well. */
export const readyz = (conditions: readonly Condition[], verbose: boolean): HealthAnswer => {
  const ok = conditions.every(({ ok, advisory = false }) => ok || advisory)
  if (ok && !verbose) return { code: 200, text: 'ok' }
  const lines = [...conditions.map(conditionLine), `readyz check ${ok ? 'passed' : 'failed'}`]
  return { code: ok ? 200 : 503, text: `${lines.join('\n')}\n` }
}

export const isVerbose = (query: unknown): boolean =>
  typeof query === 'object' && query !== null && Object.hasOwn(query, 'verbose')
