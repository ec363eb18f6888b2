/** The authorities that the API server trusts for the webhooks of one ValidatingWebhookConfiguration. */
import type { Answer, WriteAnswer } from './answer.ts'
import { isRecord, UnintelligibleAnswer } from './answer.ts'
import type { ClusterClient } from './client.ts'

export type WebhookBundle = {
  readonly webhook: string
  /** PEM, empty where the field is not set. */
  readonly bundle: string
}

export type WebhookBundles = { readonly resourceVersion: string; readonly webhooks: readonly WebhookBundle[] }

export type WebhookConfigurationStore = {
  readonly name: string
  readonly read: () => Promise<Answer<WebhookBundles>>
  /** Sets the bundle of those webhooks that have another one. `conflict` where the object has changed since. */
  readonly write: (seen: WebhookBundles, bundle: string) => Promise<WriteAnswer>
}

const resource = 'validatingwebhookconfigurations'

export const createWebhookConfigurationStore = (client: ClusterClient, name: string): WebhookConfigurationStore => ({
  name,
  read: async () =>
    client.ask(resource, async ({ admissionregistration }, options) =>
      bundlesOf(await admissionregistration.readValidatingWebhookConfiguration({ name }, options)),
    ),
  write: async (seen, bundle) =>
    client.write(resource, async ({ admissionregistration }, options) => {
      const caBundle = Buffer.from(bundle).toString('base64')
      // Webhooks are addressed by their place in the list, so the list must be the one that was seen.
      const test = { op: 'test', path: '/metadata/resourceVersion', value: seen.resourceVersion }
      const changes = seen.webhooks.flatMap((webhook, index) =>
        webhook.bundle === bundle
          ? []
          : [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }],
      )
      return admissionregistration.patchValidatingWebhookConfiguration(
        { name, body: [test, ...changes], fieldManager: 'pullgate' },
        options,
      )
    }),
})

const bundlesOf = (configuration: unknown): WebhookBundles => {
  const metadata = isRecord(configuration) ? configuration['metadata'] : undefined
  const version = isRecord(metadata) ? metadata['resourceVersion'] : undefined
  if (!isRecord(configuration) || typeof version !== 'string') {
    throw new UnintelligibleAnswer(
      'the API server answered with something else than the ValidatingWebhookConfiguration',
    )
  }
  const webhooks: unknown = configuration['webhooks']
  return { resourceVersion: version, webhooks: Array.isArray(webhooks) ? webhooks.map(bundleOf) : [] }
}

const bundleOf = (webhook: unknown): WebhookBundle => {
  const fields = isRecord(webhook) ? webhook : {}
  const clientConfig = isRecord(fields['clientConfig']) ? fields['clientConfig'] : {}
  const caBundle = clientConfig['caBundle']
  return {
    webhook: typeof fields['name'] === 'string' ? fields['name'] : '',
    bundle: typeof caBundle === 'string' ? Buffer.from(caBundle, 'base64').toString() : '',
  }
}
