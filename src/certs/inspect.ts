/** Can this pair be served, and trusted by somebody who knows only the authority? */
import type { KeyObject } from 'node:crypto'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'

/** `certificate` may carry intermediates after the first one; `authority` may be several certificates. */
export type ServedPair = { readonly certificate: string; readonly key: string; readonly authority?: string }

export type Inspection =
  | { readonly state: 'ok'; readonly startsAt: Date; readonly expiresAt: Date }
  /** `problems` are sentences, never empty, and free of secrets. `expiresAt` is absent where there is no certificate. */
  | { readonly state: 'unusable'; readonly problems: readonly string[]; readonly expiresAt?: Date }

// Far beyond any real chain, and an end to a chain that goes in circles.
const longestChain = 8

export const inspectPair = (pair: ServedPair, dnsNames: readonly string[], now: Date): Inspection => {
  const [certificate, ...intermediates] = readCertificates(pair.certificate)
  if (certificate === undefined) return { state: 'unusable', problems: ['There is no readable PEM certificate.'] }
  const startsAt = new Date(certificate.validFrom)
  const expiresAt = new Date(certificate.validTo)
  const problems = [
    ...validityProblems(startsAt, expiresAt, now),
    ...nameProblems(certificate, dnsNames),
    ...keyProblems(certificate, pair.key),
    ...(pair.authority === undefined ? [] : trustProblems([certificate, ...intermediates], pair.authority, now)),
  ]
  return problems.length === 0 ? { state: 'ok', startsAt, expiresAt } : { state: 'unusable', problems, expiresAt }
}

/** Every certificate of a PEM text, in order; blocks that are not certificates are passed over. */
export const readCertificates = (text: string): X509Certificate[] =>
  (text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)]
    } catch {
      return []
    }
  })

const validityProblems = (startsAt: Date, expiresAt: Date, now: Date): string[] => {
  if (now > expiresAt) return [`The certificate expired at ${expiresAt.toISOString()}.`]
  if (now < startsAt) return [`The certificate is not valid before ${startsAt.toISOString()}.`]
  return []
}

const nameProblems = (certificate: X509Certificate, dnsNames: readonly string[]): string[] => {
  const missing = dnsNames.filter((name) => !isNamed(certificate, name))
  if (missing.length === 0) return []
  const present = certificate.subjectAltName ?? 'no name at all'
  return [`The certificate is not for ${missing.join(', ')}; it is for ${present}.`]
}

// Go's TLS, which the API server uses, ignores the common name.
const isNamed = (certificate: X509Certificate, name: string): boolean =>
  isIP(name) === 0
    ? certificate.checkHost(name, { subject: 'never' }) !== undefined
    : certificate.checkIP(name) !== undefined

const keyProblems = (certificate: X509Certificate, text: string): string[] => {
  const key = readKey(text)
  if (key === undefined) return ['There is no readable PEM private key.']
  return certificate.checkPrivateKey(key) ? [] : ['The private key does not belong to the certificate.']
}

const readKey = (text: string): KeyObject | undefined => {
  try {
    return createPrivateKey(text)
  } catch {
    return undefined
  }
}

const trustProblems = (chain: readonly X509Certificate[], bundle: string, now: Date): string[] => {
  const authorities = readCertificates(bundle)
  if (authorities.length === 0) return ['There is no readable PEM certificate of an authority.']
  const signer = findAuthority(chain, authorities)
  if (signer === undefined) return ['The certificate is not signed by the given authority.']
  const signerExpires = new Date(signer.validTo)
  return now > signerExpires ? [`The authority's own certificate expired at ${signerExpires.toISOString()}.`] : []
}

const findAuthority = (
  [certificate, ...intermediates]: readonly X509Certificate[],
  authorities: readonly X509Certificate[],
): X509Certificate | undefined => {
  let current = certificate
  for (let length = 0; current !== undefined && length < longestChain; length += 1) {
    const below: X509Certificate = current
    const authority = authorities.find((candidate) => signed(candidate, below))
    if (authority !== undefined) return authority
    current = intermediates.find((candidate) => signed(candidate, below))
  }
  return undefined
}

const signed = (authority: X509Certificate, certificate: X509Certificate): boolean =>
  authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
