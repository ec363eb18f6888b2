/**
 * One signed X.509 certificate on P-256.
 *
 * node-forge lays out the certificate but knows no elliptic curves, so it is given a stand-in RSA key, and the three
 * places where the key shows (signature algorithm, public key, key identifiers) are replaced before node:crypto signs.
 */
import type { KeyObject } from 'node:crypto'
import { createHash, sign } from 'node:crypto'
import forge from 'node-forge'

export type CertificateContent = {
  /** Hexadecimal, positive, at most 20 octets (RFC 5280, 4.1.2.2). */
  readonly serial: string
  readonly commonName: string
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: KeyObject
  /** As node-forge names them, key identifiers left out. */
  readonly extensions: readonly object[]
}

/** `certificate` is absent where a certificate signs itself. */
export type Issuer = { readonly certificate?: string; readonly publicKey: KeyObject; readonly key: KeyObject }

const ecdsaWithSha256 = '1.2.840.10045.4.3.2'
const { asn1, pki } = forge

export const signCertificate = (content: CertificateContent, issuer: Issuer): string => {
  const draft = draftOf(content, issuer)
  const body = unsignedPartOf(draft)
  // TBSCertificate (RFC 5280, 4.1): version, serial, signature, issuer, validity, subject, subjectPublicKeyInfo, extensions.
  const fields = body.value as forge.asn1.Asn1[]
  fields[2] = signatureAlgorithm()
  if (issuer.certificate !== undefined) fields[3] = subjectOf(issuer.certificate)
  fields[6] = asn1.fromDer(forge.util.createBuffer(publicKeyInfo(content.publicKey).toString('binary')))
  const signature = sign('sha256', Buffer.from(asn1.toDer(body).getBytes(), 'binary'), issuer.key)
  const certificate = asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    body,
    signatureAlgorithm(),
    // A bit string starts with the number of unused bits.
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.BITSTRING, false, `\0${signature.toString('binary')}`),
  ])
  return toPem('CERTIFICATE', Buffer.from(asn1.toDer(certificate).getBytes(), 'binary'))
}

const draftOf = (content: CertificateContent, issuer: Issuer): forge.pki.Certificate => {
  const draft = pki.createCertificate()
  draft.serialNumber = content.serial
  draft.validity.notBefore = content.notBefore
  draft.validity.notAfter = content.notAfter
  const name = [{ name: 'commonName', value: content.commonName, valueTagClass: asn1.Type.UTF8 }]
  draft.setSubject(name as unknown as forge.pki.CertificateField[])
  draft.setIssuer(name as unknown as forge.pki.CertificateField[])
  draft.publicKey = pki.setRsaPublicKey(new forge.jsbn.BigInteger('3'), new forge.jsbn.BigInteger('3'))
  draft.generateSubjectKeyIdentifier = () => forge.util.createBuffer(keyIdentifier(content.publicKey))
  draft.setExtensions([
    ...content.extensions,
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(issuer.publicKey) },
  ])
  return draft
}

const unsignedPartOf = (draft: forge.pki.Certificate): forge.asn1.Asn1 => {
  // Without any algorithm and signature forge does not encode; both are replaced.
  draft.siginfo.algorithmOid = ecdsaWithSha256
  draft.signatureOid = ecdsaWithSha256
  draft.signature = ''
  const [body] = pki.certificateToAsn1(draft).value as forge.asn1.Asn1[]
  if (body === undefined) throw new Error('node-forge encoded no certificate')
  return body
}

// Copied octet for octet: a verifier compares the names as encoded, and the authority may be somebody else's.
const subjectOf = (certificate: string): forge.asn1.Asn1 => {
  const decoded = asn1.fromDer(pem(certificate)).value as forge.asn1.Asn1[]
  const subject = (decoded[0]?.value as forge.asn1.Asn1[])[5]
  if (subject === undefined) throw new Error('the certificate of the authority has no subject')
  return subject
}

const pem = (text: string): forge.util.ByteStringBuffer => {
  const body = forge.pem.decode(text)[0]?.body
  if (body === undefined) throw new Error('the authority is not a PEM certificate')
  return forge.util.createBuffer(body)
}

const signatureAlgorithm = (): forge.asn1.Asn1 =>
  asn1.create(asn1.Class.UNIVERSAL, asn1.Type.SEQUENCE, true, [
    asn1.create(asn1.Class.UNIVERSAL, asn1.Type.OID, false, asn1.oidToDer(ecdsaWithSha256).getBytes()),
  ])

const publicKeyInfo = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })

/** RFC 5280, 4.2.1.2, method 1: the SHA-1 of the key's bits, which for P-256 are the last 65 octets of its encoding. */
const keyIdentifier = (key: KeyObject): string =>
  createHash('sha1').update(publicKeyInfo(key).subarray(-65)).digest('binary')

const toPem = (label: string, der: Buffer): string => {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
