/** What the API server said, as values: only a fault of ours is thrown. */
import { ApiException } from '@kubernetes/client-node'
import { printable } from '../core/printable.ts'

/** `unreadable`: it answered, and we have no right (403) or no identity (401). `why` is one line, bounded, printable. */
export type Trouble =
  | { readonly state: 'absent' }
  | { readonly state: 'unreadable'; readonly why: string }
  | { readonly state: 'unanswered'; readonly why: string }

export type Answer<T> = { readonly state: 'found'; readonly value: T } | Trouble

/** `conflict`: somebody else was first, so what the change was made from is out of date. */
export type WriteAnswer = { readonly state: 'written' } | { readonly state: 'conflict'; readonly why: string } | Trouble

const longestWhy = 300

export class UnintelligibleAnswer extends Error {}

/** The API server refused a change: 409 for a stale version, 422 for a JSON patch whose test failed. */
export const isConflict = (error: unknown): boolean =>
  error instanceof ApiException && (error.code === 409 || error.code === 422)

export const troubleOf = (error: unknown): Trouble => {
  if (!(error instanceof ApiException)) return { state: 'unanswered', why: transportTrouble(error) }
  if (error.code === 404 && isOwnNotFound(error)) return { state: 'absent' }
  const why = sentenceOf(error)
  return error.code === 401 || error.code === 403 ? { state: 'unreadable', why } : { state: 'unanswered', why }
}

/** The `code` label of the request in metrics. */
export const codeOf = (error: unknown): string => {
  if (error instanceof ApiException) return String(error.code)
  if (error instanceof UnintelligibleAnswer) return 'unintelligible'
  return isTimeout(error) ? 'timeout' : 'error'
}

/** The server's own sentence (metav1.Status), which names user, verb, resource and namespace when it refuses. */
export const sentenceOf = (error: unknown): string => {
  if (!(error instanceof ApiException)) return transportTrouble(error)
  const message = statusOf(error)?.['message']
  return typeof message === 'string' && message !== ''
    ? printable(message, longestWhy)
    : `the API server answered ${error.code}`
}

// Anything between us and the API server answers 404 too; only a Status that says so proves an object is missing.
const isOwnNotFound = (error: ApiException<unknown>): boolean => statusOf(error)?.['reason'] === 'NotFound'

const statusOf = (error: ApiException<unknown>): Record<string, unknown> | undefined => {
  const body = parse(error.body)
  return isRecord(body) && body['kind'] === 'Status' ? body : undefined
}

const parse = (body: unknown): unknown => {
  if (typeof body !== 'string') return body
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

// The text of an unknown error is not shown: a parser's may quote the answer, and the answer may be a Secret.
const transportTrouble = (error: unknown): string => {
  if (error instanceof UnintelligibleAnswer) return error.message
  if (isTimeout(error)) return 'the API server did not answer in time'
  if (error instanceof SyntaxError) return 'the API server answered with something that is not JSON'
  const code = transportCode(error, 0)
  return code === undefined ? 'the API server could not be asked' : `the API server could not be reached (${code})`
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError')

/** Node and undici hide the code (ECONNREFUSED, UND_ERR_SOCKET, CERT_HAS_EXPIRED) below "fetch failed". */
const transportCode = (error: unknown, depth: number): string | undefined => {
  if (!(error instanceof Error) || depth > 4) return undefined
  if ('code' in error && typeof error.code === 'string') return printable(error.code, 60)
  return transportCode(error.cause, depth + 1)
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
