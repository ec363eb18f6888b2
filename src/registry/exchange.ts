import { type Dispatcher, request as dispatch } from 'undici'
import type { Exchange, Observer } from '../core/facts.ts'
import { readBody } from './body.ts'
import type { Budget, Lane } from './budget.ts'
import { isStaleConnection, unansweredOf } from './failure.ts'
import { shownUrl } from './redaction.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// One request and its answer: in turn, within its time, recorded, and never thrown about.

export type RegistryRequest = {
  readonly method: 'HEAD' | 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Bytes of the answer's body that are read; what is beyond is an `overflow`. */
  readonly bodyLimit: number
}

export type Reply = {
  readonly kind: 'reply'
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly challenges: string | readonly string[] | undefined
  readonly body: Buffer
  readonly overflow: boolean
  /** Who answered in the end, and whether that is another origin than the one asked. */
  readonly url: URL
  readonly foreign: boolean
}

/** One question's connection to one host. */
export type Line = {
  /** The registry in metrics and in the budget: the host of the plan, whoever else is asked on its behalf. */
  readonly registry: string
  readonly dispatcherFor: (url: URL) => Dispatcher
  readonly lane: Lane
  readonly signal: AbortSignal
  /** Everything that was asked, for `explain`. */
  readonly requests: Exchange[]
}

export type Send = (line: Line, request: RegistryRequest) => Promise<Reply | Unanswered>

export type SenderOptions = {
  readonly budget: Budget
  readonly observe: Observer
  readonly userAgent: string
  readonly exchangeMilliseconds: number
}

export const createSender = (options: SenderOptions): Send => {
  const send: Send = async (line, request) => {
    if (!(await options.budget.enter(line.registry, line.lane, line.signal))) {
      return unanswered('registry-paused', 'too many requests to this registry are waiting')
    }
    try {
      return await sendTimed(line, request, options)
    } finally {
      options.budget.leave(line.registry)
    }
  }
  return send
}

const sendTimed = async (line: Line, request: RegistryRequest, options: SenderOptions): Promise<Reply | Unanswered> => {
  const limit = AbortSignal.any([line.signal, AbortSignal.timeout(options.exchangeMilliseconds)])
  const started = performance.now()
  const result = await attempt(line, request, { userAgent: options.userAgent, signal: limit })
  const milliseconds = performance.now() - started
  const answered = result.kind === 'reply'
  line.requests.push({
    method: request.method,
    url: shownUrl(request.url),
    milliseconds,
    ...(answered ? { status: result.status } : { failure: `${result.cause}: ${result.detail}` }),
  })
  const code = answered ? String(result.status) : result.cause
  options.observe({
    kind: 'request',
    registry: line.registry,
    method: request.method,
    code,
    seconds: milliseconds / 1000,
  })
  if (answered) observeLimit(line.registry, result, options.observe)
  return result
}

type Attempt = { readonly userAgent: string; readonly signal: AbortSignal }

const attempt = async (line: Line, request: RegistryRequest, how: Attempt): Promise<Reply | Unanswered> => {
  // Once more for a connection that was closing, never for a POST, which Go does not repeat either.
  for (let isRepeat = request.method === 'POST'; ; isRepeat = true) {
    try {
      return await exchange(line.dispatcherFor(request.url), request, how)
    } catch (error) {
      if (how.signal.aborted) return unanswered('registry-timeout', 'no complete answer in time')
      if (isRepeat || !isStaleConnection(error)) return unansweredOf(error)
    }
  }
}

const exchange = async (dispatcher: Dispatcher, request: RegistryRequest, how: Attempt): Promise<Reply> => {
  const { statusCode, headers, body } = await dispatch(request.url, {
    dispatcher,
    method: request.method,
    // Identity: a few kilobytes of zstd may be gigabytes of manifest.
    headers: { 'user-agent': how.userAgent, 'accept-encoding': 'identity', ...request.headers },
    body: request.body ?? null,
    signal: how.signal,
  })
  const { bytes, overflow } = await readBody(body, request.bodyLimit)
  return {
    kind: 'reply',
    status: statusCode,
    header: (name) => {
      const value = headers[name]
      return Array.isArray(value) ? value[0] : value
    },
    challenges: headers['www-authenticate'],
    body: bytes,
    overflow,
    url: request.url,
    foreign: false,
  }
}

// Docker Hub: `ratelimit-remaining: 76;w=21600`.
const observeLimit = (registry: string, reply: Reply, observe: Observer): void => {
  const remaining = /^\s*(\d{1,9})(?:;|\s*$)/.exec(reply.header('ratelimit-remaining') ?? '')?.[1]
  if (remaining !== undefined) observe({ kind: 'ratelimit', registry, remaining: Number(remaining) })
}
