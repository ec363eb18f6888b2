import { type DecodedEntry, type DockerConfigLayout, decodeDockerConfig } from './docker-config.ts'
import { decodeBase64 } from './go-base64.ts'
import { quote } from './quote.ts'

// A Secret as a source of credentials (k8s pkg/credentialprovider/secrets/secrets.go: secretsToTrackedDockerConfigs).

// Values are base64, as in the API.
export type SecretData = {
  readonly name: string
  readonly namespace: string
  readonly type: string
  readonly data: Readonly<Record<string, string>>
}

export type DecodedSecret =
  // The kubelet skips the secret without a word: as if it were not listed.
  | { readonly kind: 'ignored'; readonly reason: string }
  // The kubelet builds no keyring at all: every image of the pod that needs a pull fails, public ones included.
  | { readonly kind: 'malformed'; readonly where: string; readonly why: string }
  | { readonly kind: 'decoded'; readonly entries: readonly DecodedEntry[] }

type SecretKind = { readonly dataKey: string; readonly layout: DockerConfigLayout }

const secretKinds: ReadonlyMap<string, SecretKind> = new Map([
  ['kubernetes.io/dockerconfigjson', { dataKey: '.dockerconfigjson', layout: 'config.json' }],
  ['kubernetes.io/dockercfg', { dataKey: '.dockercfg', layout: 'dockercfg' }],
])

export const labelOf = ({ namespace, name }: Pick<SecretData, 'namespace' | 'name'>): string =>
  `secret/${namespace}/${name}`

export const decodePullSecret = (type: string, data: Readonly<Record<string, string>>): DecodedSecret => {
  const kind = secretKinds.get(type)
  if (kind === undefined) return { kind: 'ignored', reason: `its type is ${quote(type)}, which is not a pull secret's` }
  const encoded = Object.hasOwn(data, kind.dataKey) ? data[kind.dataKey] : undefined
  if (encoded === undefined) return { kind: 'ignored', reason: `it has no key ${quote(kind.dataKey)}` }
  const bytes = decodeBase64(encoded, 'padded')
  const where = `data[${quote(kind.dataKey)}]`
  if (bytes === undefined) return { kind: 'malformed', where, why: 'it is not base64' }
  if (bytes.length === 0) return { kind: 'ignored', reason: `its key ${quote(kind.dataKey)} is empty` }
  const config = decodeDockerConfig(kind.layout, bytes)
  if (config.kind === 'decoded') return config
  return { kind: 'malformed', where: config.path === '$' ? where : `${where}, ${config.path}`, why: config.why }
}
