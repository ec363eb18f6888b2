/** The certificate authority of an installation and the serving certificate of its webhook, as PEM. */
import type { KeyObject } from 'node:crypto'
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { signCertificate } from './certificate.ts'

/** `key` is PKCS#8 and secret. */
export type KeyPair = { readonly certificate: string; readonly key: string }

/** Ten years: replacing an authority means touching every place that trusts it, and this one signs for one service only. */
export const authorityLifetimeDays = 3650
/** One year: short enough that renewal is practised, long enough to outlive a cluster that is switched off for a season. */
export const servingLifetimeDays = 365
/** How an authority that Pullgate made is recognised again. */
export const authorityName = 'pullgate-ca'

// The API server's clock may be behind ours, and a certificate must be valid there the moment it is served.
const clockSkewMilliseconds = 60 * 60 * 1000
const dayMilliseconds = 24 * 60 * 60 * 1000
// RFC 5280, appendix A: ub-common-name.
const longestCommonName = 64

type Randomness = (octets: number) => Buffer

export type AuthorityRequest = {
  readonly commonName: string
  readonly now: Date
  readonly lifetimeDays?: number
  /** For serial numbers. The keys' own randomness is OpenSSL's and is not for choosing. */
  readonly random?: Randomness
}

export type ServingRequest = {
  readonly authority: KeyPair
  readonly dnsNames: readonly string[]
  readonly ipAddresses?: readonly string[]
  readonly now: Date
  readonly lifetimeDays?: number
  readonly random?: Randomness
}

export const issueAuthority = (request: AuthorityRequest): KeyPair => {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const certificate = signCertificate(
    {
      serial: serialNumber(request.random ?? randomBytes),
      commonName: request.commonName,
      notBefore: new Date(request.now.getTime() - clockSkewMilliseconds),
      notAfter: daysAfter(request.now, request.lifetimeDays ?? authorityLifetimeDays),
      publicKey: own.publicKey,
      extensions: [
        { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
        { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      ],
    },
    { publicKey: own.publicKey, key: own.privateKey },
  )
  return { certificate, key: pkcs8(own.privateKey) }
}

export const issueServing = (request: ServingRequest): KeyPair => {
  const { authority, dnsNames, ipAddresses = [], now } = request
  if (dnsNames.length + ipAddresses.length === 0) throw new Error('a serving certificate needs at least one name')
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const authorityKey = readAuthorityKey(authority)
  const wanted = daysAfter(now, request.lifetimeDays ?? servingLifetimeDays)
  // A certificate that outlives its authority looks good in every tool until the day all handshakes fail.
  const last = new Date(new X509Certificate(authority.certificate).validTo)
  const certificate = signCertificate(
    {
      serial: serialNumber(request.random ?? randomBytes),
      commonName: commonNameFor(dnsNames),
      notBefore: new Date(now.getTime() - clockSkewMilliseconds),
      notAfter: wanted < last ? wanted : last,
      publicKey: own.publicKey,
      extensions: [
        { name: 'basicConstraints', critical: true, cA: false },
        { name: 'keyUsage', critical: true, digitalSignature: true },
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: alternativeNames(dnsNames, ipAddresses) },
      ],
    },
    { certificate: authority.certificate, publicKey: createPublicKey(authorityKey), key: authorityKey },
  )
  return { certificate, key: pkcs8(own.privateKey) }
}

const readAuthorityKey = (authority: KeyPair): KeyObject => {
  const key = createPrivateKey(authority.key)
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error('the key of the authority is not an elliptic-curve key on P-256, the only kind Pullgate signs with')
  }
  if (!new X509Certificate(authority.certificate).checkPrivateKey(key)) {
    throw new Error('the key of the authority does not belong to its certificate')
  }
  return key
}

// GeneralName (RFC 5280, 4.2.1.6): 2 is dNSName, 7 is iPAddress.
const alternativeNames = (dnsNames: readonly string[], ipAddresses: readonly string[]): object[] => [
  ...dnsNames.map((value) => ({ type: 2, value })),
  ...ipAddresses.map((ip) => {
    if (isIP(ip) === 0) throw new Error(`"${ip}" is not an IP address`)
    return { type: 7, ip }
  }),
]

// Only people read it: names are verified against the alternative names alone.
const commonNameFor = (dnsNames: readonly string[]): string =>
  dnsNames.find((name) => name.length <= longestCommonName) ?? 'pullgate'

/** 128 random bits, of which the first two are fixed so that the number is positive and always as long. */
const serialNumber = (random: Randomness): string => {
  const octets = Buffer.from(random(16))
  octets[0] = ((octets[0] ?? 0) & 0x3f) | 0x40
  return octets.toString('hex')
}

const daysAfter = (now: Date, days: number): Date => new Date(now.getTime() + days * dayMilliseconds)

const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString()
