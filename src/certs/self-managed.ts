/**
 * Certificates that an installation makes for itself: an authority and a serving pair in one Secret that all replicas
 * share, and the authority in the webhook configuration.
 *
 * To be called at the start and again on a timer. Whoever comes first renews; the Secret's version lets one of several
 * replicas win, and the others serve what it wrote. A Lease that has only one of them try is a later change.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
import type { SecretStore, SecretTexts, StoredSecret } from '../cluster/own-secret.ts'
import type { BundleWriter } from './bundle.ts'
import { faultOf, type OwnObject, placeOf } from './fault.ts'
import { inspectPair } from './inspect.ts'
import type { KeyPair } from './issue.ts'
import { authorityName, issueAuthority, issueServing } from './issue.ts'

export type EnsureRequest = {
  readonly store: SecretStore
  readonly writeBundle: BundleWriter
  /** Every name the API server may call; the certificate is made anew when one is missing. */
  readonly dnsNames: readonly string[]
  readonly now: () => Date
}

export type ServedCertificates = KeyPair & {
  /** PEM of the authority that signed it. */
  readonly authority: string
  readonly expiresAt: Date
  readonly issued: 'nothing' | 'serving' | 'authority-and-serving'
  /** The webhooks whose caBundle was changed. */
  readonly changedWebhooks: readonly string[]
  /** The pair can be served, but the API server may not trust it: to be told, and tried again soon. */
  readonly bundleFault?: Error
}

type Material = { readonly authority: string; readonly authorityKey: string; readonly serving: KeyPair }
type Settled = { readonly material: Material; readonly issued: ServedCertificates['issued'] }

const keys = { authority: 'ca.crt', authorityKey: 'ca.key', certificate: 'tls.crt', key: 'tls.key' } as const
const mostAttempts = 5
/** A third of its life is months for a year's certificate: time enough to be told, and to mend what hinders renewal. */
const renewalShare = 1 / 3

/** Rejects with an Error that says what to mend when there is no pair to serve. */
export const ensureCertificates = async (request: EnsureRequest): Promise<ServedCertificates> => {
  const { material, issued } = await settle(request)
  const certificate = new X509Certificate(material.serving.certificate)
  const served = {
    ...material.serving,
    authority: material.authority,
    expiresAt: new Date(certificate.validTo),
    issued,
  }
  // The bundle comes before the pair is served: a replica serves nothing that the API server does not trust yet.
  try {
    return { ...served, changedWebhooks: await request.writeBundle(material.authority, request.now()) }
  } catch (error) {
    return { ...served, changedWebhooks: [], bundleFault: error instanceof Error ? error : new Error(String(error)) }
  }
}

const settle = async (request: EnsureRequest): Promise<Settled> => {
  const object = objectOf(request.store)
  let last = ''
  for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
    const stored = await readStored(request.store, object)
    const current = materialOf(stored?.texts ?? {})
    if (current !== undefined && isGood(current, request)) return { material: current, issued: 'nothing' }
    const renewed = renew(stored?.texts ?? {}, request)
    const outcome = await write(request.store, object, stored, textsOf(renewed.material))
    if (outcome === 'written') return renewed
    last = outcome
  }
  throw new Error(`Pullgate could not write the ${placeOf(object)} in ${mostAttempts} attempts: ${last}`)
}

const readStored = async (store: SecretStore, object: OwnObject): Promise<StoredSecret | undefined> => {
  const answer = await store.read()
  if (answer.state === 'found') return answer.value
  if (answer.state === 'absent') return undefined
  throw faultOf(object, 'get', answer)
}

/** Resolves to `written`, or to why it has to be tried again from a new reading. */
const write = async (
  store: SecretStore,
  object: OwnObject,
  stored: StoredSecret | undefined,
  texts: SecretTexts,
): Promise<string> => {
  const answer = stored === undefined ? await store.create(texts) : await store.update(stored.version, texts)
  if (answer.state === 'written') return 'written'
  if (answer.state === 'conflict') return answer.why
  // Deleted since it was read, or its namespace is being deleted.
  if (answer.state === 'absent') return 'it was deleted meanwhile'
  if (stored === undefined && answer.state === 'unreadable') throw notThere(object, answer.why)
  throw faultOf(object, stored === undefined ? 'create' : 'update', answer)
}

// Pullgate's Role names one Secret, and RBAC cannot name what is to be created, so a person has to create it once.
const notThere = (object: OwnObject, why: string): Error =>
  new Error(
    `The ${placeOf(object)} does not exist, and Pullgate may not create it. Create it empty: ` +
      `kubectl create secret generic ${object.name} -n ${object.namespace ?? ''}. The API server said: ${why}`,
  )

const materialOf = (texts: SecretTexts): Material | undefined => {
  const authority = texts[keys.authority]
  const certificate = texts[keys.certificate]
  const key = texts[keys.key]
  if (authority === undefined || certificate === undefined || key === undefined) return undefined
  return { authority, authorityKey: texts[keys.authorityKey] ?? '', serving: { certificate, key } }
}

const textsOf = ({ authority, authorityKey, serving }: Material): SecretTexts => ({
  [keys.authority]: authority,
  [keys.authorityKey]: authorityKey,
  [keys.certificate]: serving.certificate,
  [keys.key]: serving.key,
})

const isGood = ({ authority, serving }: Material, { dnsNames, now }: EnsureRequest): boolean => {
  const inspection = inspectPair({ ...serving, authority }, dnsNames, now())
  return inspection.state === 'ok' && !isDue(inspection.startsAt, inspection.expiresAt, now())
}

const isDue = (startsAt: Date, expiresAt: Date, now: Date): boolean =>
  expiresAt.getTime() - now.getTime() < (expiresAt.getTime() - startsAt.getTime()) * renewalShare

const renew = (texts: SecretTexts, { dnsNames, now }: EnsureRequest): Settled => {
  const known = goodAuthority(texts, now())
  const authority = known ?? issueAuthority({ commonName: authorityName, now: now() })
  const serving = issueServing({ authority, dnsNames, now: now() })
  const material = { authority: authority.certificate, authorityKey: authority.key, serving }
  return { material, issued: known === undefined ? 'authority-and-serving' : 'serving' }
}

/** The authority of the texts where it can go on signing; anything else is replaced. */
export const goodAuthority = (texts: SecretTexts, now: Date): KeyPair | undefined => {
  const certificate = texts[keys.authority]
  const key = texts[keys.authorityKey]
  if (certificate === undefined || key === undefined) return undefined
  try {
    const known = new X509Certificate(certificate)
    const signs =
      known.ca &&
      known.checkPrivateKey(createPrivateKey(key)) &&
      known.publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1'
    const startsAt = new Date(known.validFrom)
    return signs && startsAt <= now && !isDue(startsAt, new Date(known.validTo), now) ? { certificate, key } : undefined
  } catch {
    return undefined
  }
}

const objectOf = ({ namespace, name }: SecretStore): OwnObject => ({
  kind: 'Secret',
  resource: 'secrets',
  namespace,
  name,
})
