/**
 * What is answered to a request that is not an admission review: a Kubernetes Status, as every other server of the
 * cluster would answer, saying what was got and what is accepted. Never with Retry-After, on which the API server
 * sends again and again until its timeout while the user waits (measured, v1.36).
 */
import type { FastifyError } from 'fastify'
import { printable } from '../core/printable.ts'
import { reviewApiVersion, reviewKind } from './review.ts'

/** A 2.9 MB UPDATE is the largest that was seen (request limit 3 MiB, old and new object); controller-runtime takes 7 MiB. */
export const bodyLimit = 8 * 1024 * 1024

export type Refusal = { readonly code: number; readonly message: string }

const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  413: 'RequestEntityTooLarge',
  415: 'UnsupportedMediaType',
  500: 'InternalError',
}

export const statusBody = ({ code, message }: Refusal): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message,
  reason: reasons[code] ?? 'BadRequest',
  code,
})

const shown = (value: unknown): string => (value === undefined ? 'none' : printable(JSON.stringify(value), 80))

const field = (body: unknown, name: string): unknown =>
  typeof body === 'object' && body !== null && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined

const accepted = `apiVersion "${reviewApiVersion}" and kind "${reviewKind}"`

const whatIsInvalid = (error: FastifyError, body: unknown): string => {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return `the body is not a JSON object; accepted is one with ${accepted}`
  }
  const [apiVersion, kind] = [field(body, 'apiVersion'), field(body, 'kind')]
  if (apiVersion !== reviewApiVersion || kind !== reviewKind) {
    return `got apiVersion ${shown(apiVersion)} and kind ${shown(kind)}; accepted is ${accepted}`
  }
  return `not a valid ${reviewKind}: ${printable(error.message, 200)}`
}

const byErrorCode: Readonly<Record<string, string>> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: 'the body is empty; an AdmissionReview in JSON is expected',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not valid JSON',
  FST_ERR_CTP_BODY_TOO_LARGE: `the body is over ${bodyLimit / 1024 / 1024} MiB`,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as its content-length',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'the content type is not accepted; send application/json',
}

/** Which requests fail before they reach a handler is fastify's to say; what is told about it is ours. */
export const refusalOf = (error: FastifyError, body: unknown): Refusal => {
  if (error.validation !== undefined) return { code: 400, message: whatIsInvalid(error, body) }
  const code = error.statusCode ?? 500
  // The message of an unexpected error may quote anything; it belongs into the log.
  if (code >= 500) return { code: 500, message: 'internal error' }
  return { code, message: byErrorCode[error.code] ?? 'the request is not valid' }
}
