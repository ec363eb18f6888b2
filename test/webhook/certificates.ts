import { issueAuthority, issueServing, type KeyPair } from '../../src/certs/issue.ts'

export const authority: KeyPair = issueAuthority({ commonName: 'pullgate-test-ca', now: new Date() })

/** For 127.0.0.1; every call is another certificate of the same authority. */
export const servingPair = (): KeyPair =>
  issueServing({ authority, dnsNames: ['pullgate.pullgate.svc'], ipAddresses: ['127.0.0.1'], now: new Date() })
