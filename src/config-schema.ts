/** The schema of the configuration file, and its type: one list of keys, each with what it accepts. */
import { isIP } from 'node:net'
import { causes } from './core/cause.ts'
import { checkIds } from './core/checks/index.ts'
import { parseDuration } from './core/duration.ts'
import { isFieldPath } from './core/field-path.ts'
import type { KindPaths } from './core/kinds.ts'
import { type Mode, modes } from './core/policy.ts'

/** The formats of the schema: whether a text is one, and what to write instead. */
export const formats: Readonly<
  Record<string, { readonly accepts: (text: string) => boolean; readonly wanted: string }>
> = {
  duration: {
    accepts: (text) => parseDuration(text) !== undefined,
    wanted: 'a duration such as 500ms, 5s or 1h30m',
  },
  cidr: { accepts: (text) => isRange(text), wanted: 'an address or a range such as 10.0.0.0/8 or fd00::/8' },
  realm: {
    accepts: (text) => /^[^=/\s]+=[^=/\s]+$/.test(text),
    wanted: 'IMAGE-DOMAIN=REALM-HOST, for instance registry.example=auth.example.org',
  },
  fieldPath: {
    accepts: isFieldPath,
    wanted: 'a field path such as spec.template.spec, spec.steps[].image or spec.replicaSpecs{*}.template.spec',
  },
}

const isRange = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  const isLength = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  return family !== 0 && isLength && rest.length === 0
}

export type ConfigFile = {
  readonly apiVersion: 'pullgate.dev/v1alpha1'
  readonly kind: 'PullgateConfiguration'
  readonly mode?: Mode
  readonly checks?: Readonly<Record<string, Mode>>
  readonly causes?: Readonly<Record<string, Mode>>
  readonly onUnknown?: Mode
  readonly templates?: Mode
  readonly owned?: Mode
  readonly suspended?: boolean
  readonly workloads?: readonly KindPaths[]
  readonly registries?: {
    readonly caBundle?: string
    readonly addresses?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] }
    readonly realms?: readonly string[]
    readonly nodeCredentials?: readonly string[]
    readonly suggestTags?: boolean
  }
  readonly cache?: Readonly<Partial<Record<'tag' | 'content' | 'absent' | 'refused' | 'secret', string>>>
  readonly limits?: { readonly perRegistry?: number }
}

const mode = { type: 'string', enum: modes } as const
const duration = { type: 'string', format: 'duration' } as const
const strings = (format?: string) => ({
  type: 'array',
  items: { type: 'string', ...(format === undefined ? {} : { format }) },
})
const object = (properties: Readonly<Record<string, object>>, required: readonly string[] = []) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const modeOfEach = (names: readonly string[]) => object(Object.fromEntries(names.map((name) => [name, mode])))

/** One that leads nowhere would look like a kind that is judged. */
const kindPaths = {
  ...object(
    {
      group: { type: 'string' },
      kind: { type: 'string', minLength: 1 },
      podSpecs: strings('fieldPath'),
      images: strings('fieldPath'),
      pullSecrets: strings('fieldPath'),
      serviceAccount: { type: 'string', format: 'fieldPath' },
      templated: { type: 'boolean' },
    },
    ['group', 'kind'],
  ),
  anyOf: ['podSpecs', 'images'].map((key) => ({ properties: { [key]: {} }, required: [key] })),
}

export const configSchema = object(
  {
    apiVersion: { type: 'string', const: 'pullgate.dev/v1alpha1' },
    kind: { type: 'string', const: 'PullgateConfiguration' },
    mode,
    checks: modeOfEach(checkIds),
    causes: modeOfEach(Object.keys(causes)),
    onUnknown: mode,
    templates: mode,
    owned: mode,
    suspended: { type: 'boolean' },
    workloads: { type: 'array', items: kindPaths },
    registries: object({
      caBundle: { type: 'string' },
      addresses: object({ allow: strings('cidr'), deny: strings('cidr') }),
      realms: strings('realm'),
      nodeCredentials: strings(),
      suggestTags: { type: 'boolean' },
    }),
    cache: object({ tag: duration, content: duration, absent: duration, refused: duration, secret: duration }),
    limits: object({ perRegistry: { type: 'integer', minimum: 1, maximum: 1000 } }),
  },
  ['apiVersion', 'kind'],
)
