/** Which authorities the API server has to trust, and the repair of a webhook configuration that says otherwise. */
import type { X509Certificate } from 'node:crypto'
import type { WebhookBundles, WebhookConfigurationStore } from '../cluster/webhook-configuration.ts'
import { faultOf, type OwnObject, placeOf } from './fault.ts'
import { readCertificates } from './inspect.ts'
import { authorityName } from './issue.ts'

/** Makes every webhook trust the authority and resolves to the names of those that had to be changed. */
export type BundleWriter = (authority: string, now: Date) => Promise<readonly string[]>

// The current authority, the one before it, whose certificates other replicas still serve, and one more that lost a race.
const mostAuthorities = 3
const mostAttempts = 5

export const createBundleWriter =
  (store: WebhookConfigurationStore): BundleWriter =>
  async (authority, now) => {
    const object = objectOf(store)
    let last = ''
    for (let attempt = 0; attempt < mostAttempts; attempt += 1) {
      const seen = await readBundles(store, object)
      const bundle = bundleOf(authority, seen.webhooks.map(({ bundle }) => bundle).join('\n'), now)
      const wrong = seen.webhooks.filter((webhook) => webhook.bundle !== bundle).map(({ webhook }) => webhook)
      if (wrong.length === 0) return []
      const written = await store.write(seen, bundle)
      if (written.state === 'written') return wrong
      if (written.state === 'absent') throw absent(object)
      if (written.state !== 'conflict') throw faultOf(object, 'patch', written)
      last = written.why
    }
    throw new Error(`Pullgate could not patch the ${placeOf(object)} in ${mostAttempts} attempts: ${last}`)
  }

/**
 * The current authority first, then those of Pullgate's that are in use already and still valid, newest first. A
 * stranger's certificate is dropped: whoever holds its key could answer for this webhook.
 */
export const bundleOf = (authority: string, existing: string, now: Date): string => {
  const current = readCertificates(authority)
  const others = readCertificates(existing)
    .filter((certificate) => isOurs(certificate) && isValid(certificate, now))
    .sort((left, right) => Date.parse(right.validFrom) - Date.parse(left.validFrom))
  const distinct = new Map([...current, ...others].map((certificate) => [certificate.fingerprint256, certificate]))
  return [...distinct.values()].slice(0, mostAuthorities).map(String).join('')
}

const isOurs = (certificate: X509Certificate): boolean =>
  certificate.ca && certificate.subject === `CN=${authorityName}` && certificate.verify(certificate.publicKey)

const isValid = (certificate: X509Certificate, now: Date): boolean =>
  new Date(certificate.validFrom) <= now && now <= new Date(certificate.validTo)

const objectOf = ({ name }: WebhookConfigurationStore): OwnObject => ({
  kind: 'ValidatingWebhookConfiguration',
  resource: 'validatingwebhookconfigurations.admissionregistration.k8s.io',
  name,
})

const readBundles = async (store: WebhookConfigurationStore, object: OwnObject): Promise<WebhookBundles> => {
  const answer = await store.read()
  if (answer.state === 'found') return answer.value
  throw answer.state === 'absent' ? absent(object) : faultOf(object, 'get', answer)
}

const absent = (object: OwnObject): Error =>
  new Error(
    `There is no ${placeOf(object)}, so the API server asks Pullgate nothing. ` +
      'Apply the manifests again (kubectl apply -k manifests), or name the one that is installed.',
  )
