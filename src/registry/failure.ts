import type { UnansweredCause } from '../core/unanswered-cause.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// What a transport error says about the registry. Nothing here is ever certain: the node has another network, another
// resolver and other certificates.

/** Thrown inside a connector, where nothing but an error ends the attempt. */
export class AddressDenied extends Error {
  readonly code = 'ADDRESS_DENIED'
}

const causes: Readonly<Record<string, readonly [UnansweredCause, string]>> = {
  ADDRESS_DENIED: ['address-denied', 'the host leads to an address that is not asked'],
  ENOTFOUND: ['registry-unresolved', 'no such host'],
  EAI_AGAIN: ['registry-unresolved', 'the name server does not answer'],
  EAI_NODATA: ['registry-unresolved', 'the name has no address'],
  EAI_NONAME: ['registry-unresolved', 'no such host'],
  EAI_FAIL: ['registry-unresolved', 'the name server failed'],
  ENODATA: ['registry-unresolved', 'the name has no address'],
  ESERVFAIL: ['registry-unresolved', 'the name server failed'],
  ECONNREFUSED: ['registry-unreachable', 'connection refused'],
  EHOSTUNREACH: ['registry-unreachable', 'no route to host'],
  ENETUNREACH: ['registry-unreachable', 'no route to network'],
  EADDRNOTAVAIL: ['registry-unreachable', 'no such address'],
  ECONNRESET: ['registry-unreachable', 'connection reset'],
  EPIPE: ['registry-unreachable', 'connection closed'],
  UND_ERR_SOCKET: ['registry-unreachable', 'connection closed'],
  UND_ERR_CLOSED: ['registry-unreachable', 'Pullgate is stopping'],
  UND_ERR_DESTROYED: ['registry-unreachable', 'Pullgate is stopping'],
  ETIMEDOUT: ['registry-timeout', 'no answer while connecting'],
  UND_ERR_CONNECT_TIMEOUT: ['registry-timeout', 'no answer while connecting'],
  UND_ERR_HEADERS_TIMEOUT: ['registry-timeout', 'no answer'],
  UND_ERR_BODY_TIMEOUT: ['registry-timeout', 'the answer stopped half-way'],
  UND_ERR_HEADERS_OVERFLOW: ['answer-unintelligible', 'the headers of the answer are too large'],
  UND_ERR_RES_EXCEEDED_MAX_SIZE: ['answer-unintelligible', 'the answer is too large'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['answer-unintelligible', 'the answer is shorter or longer than it says'],
  UND_ERR_MAX_ORIGINS_REACHED: ['registry-paused', 'too many registries are being asked'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['plain-http', 'it does not speak TLS'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['plain-http', 'it does not speak TLS'],
  ERR_SSL_HTTP_REQUEST: ['plain-http', 'it does not speak TLS'],
  CERT_HAS_EXPIRED: ['tls-untrusted', 'the certificate has expired'],
  CERT_NOT_YET_VALID: ['tls-untrusted', 'the certificate is not valid yet'],
  ERR_TLS_CERT_ALTNAME_INVALID: ['tls-untrusted', 'the certificate is for another name'],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['tls-untrusted', 'the certificate is signed by nobody else'],
  SELF_SIGNED_CERT_IN_CHAIN: ['tls-untrusted', 'an unknown authority signed the certificate'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['tls-untrusted', 'an unknown authority signed the certificate'],
  UNABLE_TO_GET_ISSUER_CERT: ['tls-untrusted', 'an unknown authority signed the certificate'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['tls-untrusted', 'an unknown authority signed the certificate'],
}

export const unansweredOf = (error: unknown): Unanswered => {
  const code = codeOf(error)
  const known = causes[code]
  if (error instanceof AddressDenied) return unanswered('address-denied', error.message)
  if (known !== undefined) return unanswered(known[0], `${known[1]} (${code})`)
  const text = error instanceof Error ? error.message : ''
  return unanswered(causeByShape(code, text), code)
}

// Families of codes that OpenSSL and llhttp extend with every release.
const causeByShape = (code: string, text: string): UnansweredCause => {
  if (code === 'EPROTO' && /wrong version number|packet length too long|http request/.test(text)) return 'plain-http'
  if (/^(?:ERR_SSL_|ERR_TLS_|CERT_|CRL_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH|EPROTO)/.test(code)) {
    return 'tls-untrusted'
  }
  if (code.startsWith('HPE_') || code === 'HTTPParserError') return 'answer-unintelligible'
  if (code.startsWith('EAI_')) return 'registry-unresolved'
  return 'registry-unreachable'
}

const codeOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string') return code
  return error instanceof Error ? error.name : 'unknown'
}

/**
 * The connection ended early, as a kept-alive one does that the server was just closing. Go's http.Transport repeats
 * such a request by itself, so a node does not see it.
 */
export const isStaleConnection = (error: unknown): boolean =>
  ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error))
