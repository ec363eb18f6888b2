import { generateKeyPairSync, randomBytes } from 'node:crypto'
import forge from 'node-forge'

export type ClientCertificate = { certificate: string; key: string }

/** An authority whose certificates the API server takes as proof of any user name and groups. All values are PEM. */
export type ClientAuthority = {
  certificate: string
  issue: (user: string, groups: readonly string[]) => ClientCertificate
}

const authorityName = [utf8Attribute('2.5.4.3', 'pullgate-test-clients')]

export function createClientAuthority(): ClientAuthority {
  const own = generateKeys()
  const authority = draftCertificate(own.publicKey, authorityName)
  authority.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ])
  const signingKey = forge.pki.privateKeyFromPem(own.key)
  authority.sign(signingKey, forge.md.sha256.create())
  return {
    certificate: forge.pki.certificateToPem(authority),
    issue: (user, groups) => {
      const client = generateKeys()
      const subject = [utf8Attribute('2.5.4.3', user), ...groups.map((group) => utf8Attribute('2.5.4.10', group))]
      const certificate = draftCertificate(client.publicKey, subject)
      certificate.setExtensions([{ name: 'extKeyUsage', clientAuth: true }])
      certificate.sign(signingKey, forge.md.sha256.create())
      return { certificate: forge.pki.certificateToPem(certificate), key: client.key }
    },
  }
}

// Made by OpenSSL: forge's own generator takes seconds.
function generateKeys(): { publicKey: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { publicKey, key: privateKey }
}

function draftCertificate(publicKey: string, subject: forge.pki.CertificateField[]): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(publicKey)
  certificate.serialNumber = `00${randomBytes(12).toString('hex')}`
  certificate.validity.notBefore = new Date(Date.now() - 3_600_000)
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
  certificate.setSubject(subject)
  certificate.setIssuer(authorityName)
  return certificate
}

function utf8Attribute(type: string, value: string): forge.pki.CertificateField {
  // Named by number and as UTF-8, for names that PrintableString has no letters for, such as e-mail addresses.
  return {
    type,
    value: forge.util.encodeUtf8(value),
    valueTagClass: forge.asn1.Type.UTF8 as unknown as forge.asn1.Class,
  }
}
