/** The certificate the webhook serves: what is accepted as one, and how it is exchanged while connections live on. */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { Server } from 'node:https'
import { createSecureContext, type SecureContextOptions } from 'node:tls'

/** PEM; `certificate` may be a chain, the server's own first. `key` is secret. */
export type CertificatePair = { readonly certificate: string; readonly key: string }

export const secureContextOptions = ({ certificate, key }: CertificatePair): SecureContextOptions => ({
  cert: certificate,
  key,
  minVersion: 'TLSv1.2',
})

/**
 * Throws on a pair that could not serve. OpenSSL takes an elliptic-curve certificate with an RSA key without a word, and
 * then every handshake fails; so both are looked at first. The error names no content: a key may be in the wrong file.
 */
export const checkPair = (pair: CertificatePair): { readonly expires: Date } => {
  const certificate = attempt('the certificate cannot be read', () => new X509Certificate(pair.certificate))
  const key = attempt('the private key cannot be read', () => createPrivateKey(pair.key))
  if (!certificate.checkPrivateKey(key)) throw new Error('the private key does not belong to the certificate')
  attempt('the certificate chain cannot be used', () => createSecureContext(secureContextOptions(pair)))
  return { expires: new Date(certificate.validTo) }
}

const attempt = <T>(trouble: string, read: () => T): T => {
  try {
    return read()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? ` (${cause.code})` : ''
    throw new Error(`${trouble}${code}`, { cause })
  }
}

/** New connections get the new one, old ones live on. Every option again: setSecureContext does not merge, it forgets. */
export const swapCertificate = (server: Server, pair: CertificatePair): { readonly expires: Date } => {
  const checked = checkPair(pair)
  server.setSecureContext(secureContextOptions(pair))
  return checked
}
