/** One Secret of Pullgate's own namespace, changed only from the version that was read. */
import { V1ObjectMeta, V1Secret } from '@kubernetes/client-node'
import type { Answer, WriteAnswer } from './answer.ts'
import { isRecord, UnintelligibleAnswer } from './answer.ts'
import type { ClusterClient } from './client.ts'

/** Decoded text by key. Holds private keys: never to be printed. */
export type SecretTexts = Readonly<Record<string, string>>

export type StoredSecret = { readonly texts: SecretTexts; readonly version: SecretVersion }

/** The object as read: its labels, type and other keys stay when it is written back. Its content does not print. */
export class SecretVersion {
  readonly #object: V1Secret

  constructor(object: V1Secret) {
    this.#object = object
  }

  with(texts: SecretTexts): V1Secret {
    return Object.assign(new V1Secret(), this.#object, { data: { ...this.#object.data, ...encoded(texts) } })
  }
}

export type SecretStore = {
  readonly namespace: string
  readonly name: string
  readonly read: () => Promise<Answer<StoredSecret>>
  /** `conflict` where it exists by now. */
  readonly create: (texts: SecretTexts) => Promise<WriteAnswer>
  /** `conflict` where it is no longer the given version. */
  readonly update: (version: SecretVersion, texts: SecretTexts) => Promise<WriteAnswer>
}

const resource = 'secrets'

export const createSecretStore = (client: ClusterClient, namespace: string, name: string): SecretStore => ({
  namespace,
  name,
  read: async () =>
    client.ask(resource, async ({ core }, options) => {
      const secret = await core.readNamespacedSecret({ namespace, name }, options)
      // Without a version the API server would overwrite whatever is there.
      if (typeof (secret as V1Secret | null)?.metadata?.resourceVersion !== 'string') {
        throw new UnintelligibleAnswer('the API server answered with something else than the Secret')
      }
      return { texts: decoded(secret.data), version: new SecretVersion(secret) }
    }),
  create: async (texts) =>
    client.write(resource, async ({ core }, options) => {
      const labels = { 'app.kubernetes.io/name': 'pullgate' }
      const body = Object.assign(new V1Secret(), {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'kubernetes.io/tls',
        metadata: Object.assign(new V1ObjectMeta(), { name, namespace, labels }),
        data: encoded(texts),
      })
      return core.createNamespacedSecret({ namespace, body }, options)
    }),
  update: async (version, texts) =>
    client.write(resource, async ({ core }, options) =>
      core.replaceNamespacedSecret({ namespace, name, body: version.with(texts) }, options),
    ),
})

const encoded = (texts: SecretTexts): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')]))

const decoded = (data: unknown): SecretTexts =>
  isRecord(data)
    ? Object.fromEntries(
        Object.entries(data).flatMap(([key, value]) =>
          typeof value === 'string' ? [[key, Buffer.from(value, 'base64').toString()]] : [],
        ),
      )
    : {}
