/** Where the serving certificate comes from: files somebody else keeps, or the pair Pullgate makes for itself. */

import { createBundleWriter } from '../certs/bundle.ts'
import { type EnsureRequest, ensureCertificates } from '../certs/self-managed.ts'
import type { ClusterClient } from '../cluster/client.ts'
import { createSecretStore } from '../cluster/own-secret.ts'
import { createWebhookConfigurationStore } from '../cluster/webhook-configuration.ts'
import { readPair, watchCertificate } from '../webhook/certificate-files.ts'
import type { Log } from '../webhook/decision-log.ts'
import type { Condition } from '../webhook/health.ts'
import type { CertificatePair } from '../webhook/serving-certificate.ts'

export type ServingCertificate = {
  readonly pair: CertificatePair
  readonly conditions: () => readonly Condition[]
  /** From now on `use` is given every new pair; it throws for one that cannot be served, and the old one stays. */
  readonly follow: (use: (pair: CertificatePair) => void) => void
  readonly stop: () => void
}

export const fromFiles = async (certificateFile: string, keyFile: string, log: Log): Promise<ServingCertificate> => {
  const files = { certificateFile, keyFile }
  const pair = await readPair(files)
  let stop = (): void => undefined
  return {
    pair,
    conditions: () => [{ name: 'certificate', ok: true }],
    follow: (use) => {
      stop = watchCertificate({ files, current: pair, use, log }).stop
    },
    stop: () => {
      stop()
    },
  }
}

export type SelfManagedPlace = {
  readonly namespace: string
  readonly service: string
  readonly secret: string
  readonly webhookConfiguration: string
}

// Renewal has months of time; what is looked after here is a caBundle that somebody overwrote.
const lookMilliseconds = 60_000
// What could not be written may be possible in a moment: the API server restarts, RBAC is applied after the Deployment.
const retryMilliseconds = 2_000

const requestFor = (client: ClusterClient, place: SelfManagedPlace): EnsureRequest => {
  const inCluster = `${place.service}.${place.namespace}.svc`
  return {
    store: createSecretStore(client, place.namespace, place.secret),
    writeBundle: createBundleWriter(createWebhookConfigurationStore(client, place.webhookConfiguration)),
    dnsNames: [inCluster, `${inCluster}.cluster.local`],
    now: () => new Date(),
  }
}

type Look = { readonly pair: CertificatePair; readonly fault: Error | undefined }

const lookOnce = async (request: EnsureRequest, log: Log): Promise<Look> => {
  const { certificate, key, issued, changedWebhooks, expiresAt, bundleFault } = await ensureCertificates(request)
  if (issued !== 'nothing') log.info({ issued, expiresAt }, 'certificates issued')
  if (changedWebhooks.length > 0) log.info({ webhooks: changedWebhooks }, 'caBundle written')
  return { pair: { certificate, key }, fault: bundleFault }
}

/** Rejects with a sentence that says what to mend when there is no pair to serve. */
export const selfManaged = async (
  client: ClusterClient,
  place: SelfManagedPlace,
  log: Log,
): Promise<ServingCertificate> => {
  const request = requestFor(client, place)
  const first = await lookOnce(request, log)
  let { pair, fault } = first
  let isTrusted = fault === undefined
  let told = ''
  let use: (pair: CertificatePair) => void = () => undefined
  let timer: NodeJS.Timeout | undefined

  const tell = (why: string): void => {
    // The same trouble is one line in the log, not one every two seconds.
    if (why !== told && why !== '') log.error({ why }, 'certificates not looked after')
    told = why
  }
  const look = async (): Promise<void> => {
    try {
      const found = await lookOnce(request, log)
      fault = found.fault
      isTrusted ||= fault === undefined
      if (found.pair.certificate !== pair.certificate) use(found.pair)
      pair = found.pair
      tell(fault?.message ?? '')
    } catch (error) {
      tell(error instanceof Error ? error.message : 'unknown')
    }
    plan()
  }
  const plan = (): void => {
    timer = setTimeout(() => void look(), told === '' ? lookMilliseconds : retryMilliseconds)
    timer.unref()
  }
  tell(fault?.message ?? '')
  plan()
  return {
    pair: first.pair,
    // Not ready before the API server trusts it, so that a rolling update stops at the first replica. Later trouble with
    // the API server is no reason to leave it without a webhook.
    conditions: () => [
      { name: 'certificate', ok: true },
      { name: 'ca-bundle', ok: isTrusted, ...(isTrusted ? {} : { why: fault?.message ?? 'not written yet' }) },
    ],
    follow: (next) => {
      use = next
    },
    stop: () => {
      clearTimeout(timer)
    },
  }
}
