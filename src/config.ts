/** The configuration file: YAML -> Config, checked against one schema; every mistake is told at once. */
import { Ajv } from 'ajv'
import { LineCounter, parseDocument } from 'yaml'
import type { ConfigFile, OverrideEntry } from './config-file.ts'
import { formats } from './config-formats.ts'
import { globMatcher, imageGlobMatcher } from './config-globs.ts'
import { describeMistakes } from './config-mistakes.ts'
import { configSchema } from './config-schema.ts'
import { type CheckId, checkIds } from './core/checks/index.ts'
import { parseDuration } from './core/duration.ts'
import type { Exemptions } from './core/exemption.ts'
import { kindTable } from './core/kind-table.ts'
import type { Mode, Override, PolicySettings } from './core/policy.ts'
import { imageMatcher } from './core/registry-key.ts'

export type Config = {
  readonly policy: PolicySettings
  /** Whether nodes may hold credentials of their own for an image name (`docker.io/library/nginx`). */
  readonly nodeCredentials: (name: string) => boolean
  /** Whether a pull-through cache serves an image, given as written. */
  readonly proxyCaches: (image: string) => boolean
  readonly registries: {
    readonly caBundle: string
    readonly allow: readonly string[]
    readonly deny: readonly string[]
    readonly realms: readonly { readonly domain: string; readonly host: string }[]
    readonly suggestTags: boolean
  }
  /** In milliseconds. */
  readonly cache: { readonly [K in 'tag' | 'content' | 'absent' | 'refused' | 'secret']: number }
  readonly limits: { readonly perRegistry: number }
}

/** The message names every mistake, one a line, each with its place in the file. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * Registries whose nodes commonly have a credential provider, in the kubelet's matchImages form: what the providers of
 * the three large clouds match by default. A refusal to us proves nothing there.
 */
const cloudRegistries = [
  '*.dkr.ecr.*.amazonaws.com',
  '*.dkr.ecr.*.amazonaws.com.cn',
  '*.dkr.ecr-fips.*.amazonaws.com',
  '*.dkr-ecr.*.on.aws',
  'gcr.io',
  '*.gcr.io',
  '*.pkg.dev',
  '*.azurecr.io',
  '*.azurecr.cn',
  '*.azurecr.de',
  '*.azurecr.us',
]

const defaults = {
  mode: 'enforce',
  onUnknown: 'warn',
  templates: 'enforce',
  owned: 'audit',
  cache: { tag: '60s', content: '24h', absent: '5s', refused: '30s', secret: '5s' },
  perRegistry: 16,
  exemptNamespaces: ['kube-system'],
} as const

const validate = new Ajv({
  allErrors: true,
  strict: true,
  verbose: true,
  formats: Object.fromEntries(Object.entries(formats).map(([name, { accepts }]) => [name, accepts])),
}).compile<ConfigFile>(configSchema)

const durationOf = (written: string | undefined, otherwise: string): number => parseDuration(written ?? otherwise) ?? 0

const realmOf = (pair: string): { domain: string; host: string } => {
  const [domain = '', host = ''] = pair.split('=')
  return { domain, host }
}

const overrideOf = ({ namespaces, images, checks = {}, causes = {}, onUnknown }: OverrideEntry): Override => ({
  ...(namespaces === undefined ? {} : { namespaces: globMatcher(namespaces) }),
  ...(images === undefined ? {} : { images: imageGlobMatcher(images) }),
  checks,
  causes,
  ...(onUnknown === undefined ? {} : { onUnknown }),
})

const exemptionsIn = ({ exemptions = {} }: ConfigFile): Exemptions => ({
  namespaces: globMatcher(exemptions.namespaces ?? defaults.exemptNamespaces),
  usernames: new Set(exemptions.usernames),
  groups: new Set(exemptions.groups),
  runtimeClasses: new Set(exemptions.runtimeClasses),
  images: imageGlobMatcher(exemptions.images ?? []),
})

const policyIn = (file: ConfigFile): PolicySettings => ({
  mode: file.mode ?? defaults.mode,
  checks: {
    ...(Object.fromEntries(checkIds.map((id) => [id, 'enforce'])) as Record<CheckId, Mode>),
    ...file.checks,
  },
  causes: file.causes ?? {},
  onUnknown: file.onUnknown ?? defaults.onUnknown,
  templates: file.templates ?? defaults.templates,
  owned: file.owned ?? defaults.owned,
  suspended: file.suspended ?? false,
  overrides: (file.overrides ?? []).map(overrideOf),
  exemptions: exemptionsIn(file),
  kinds: kindTable(file.workloads ?? []),
})

const nodeCredentialsIn = ({ registries }: ConfigFile): ((name: string) => boolean) => {
  const written = registries?.nodeCredentials ?? ['default']
  return imageMatcher(written.flatMap((pattern) => (pattern === 'default' ? cloudRegistries : [pattern])))
}

const registriesIn = ({ registries = {} }: ConfigFile): Config['registries'] => {
  const { caBundle = '', addresses = {}, realms = [], suggestTags = true } = registries
  const { allow = [], deny = [] } = addresses
  return { caBundle, allow, deny, realms: realms.map(realmOf), suggestTags }
}

const cacheIn = ({ cache = {} }: ConfigFile): Config['cache'] => ({
  tag: durationOf(cache.tag, defaults.cache.tag),
  content: durationOf(cache.content, defaults.cache.content),
  absent: durationOf(cache.absent, defaults.cache.absent),
  refused: durationOf(cache.refused, defaults.cache.refused),
  secret: durationOf(cache.secret, defaults.cache.secret),
})

const configOf = (file: ConfigFile): Config => ({
  policy: policyIn(file),
  nodeCredentials: nodeCredentialsIn(file),
  proxyCaches: imageGlobMatcher(file.registries?.proxyCaches ?? []),
  registries: registriesIn(file),
  cache: cacheIn(file),
  limits: { perRegistry: file.limits?.perRegistry ?? defaults.perRegistry },
})

export const defaultConfig: Config = configOf({ apiVersion: 'pullgate.dev/v1alpha1', kind: 'PullgateConfiguration' })

/** Throws ConfigError. `source` is the file's name, for the messages. */
export const parseConfig = (text: string, source: string): Config => {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [broken] = document.errors
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    throw new ConfigError(`${source}:${line}:${col}: not YAML: ${broken.message}`)
  }
  const file: unknown = document.toJS({ maxAliasCount: 100 })
  if (validate(file)) return configOf(file)
  throw new ConfigError(describeMistakes(validate.errors ?? [], { document, lines, source }).join('\n'))
}
