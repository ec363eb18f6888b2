/** The schema of the configuration file: one list of keys, each with what it accepts, its default, and what it is for. */
import { causes } from './core/cause.ts'
import { checkIds } from './core/checks/index.ts'
import { modes } from './core/policy.ts'

type Schema = Readonly<Record<string, unknown>>

const described = (description: string, schema: Schema, otherwise?: unknown): Schema => ({
  description,
  ...schema,
  ...(otherwise === undefined ? {} : { default: otherwise }),
})

const mode = { type: 'string', enum: modes }
const flag = { type: 'boolean' }
const textOf = (format: string): Schema => ({ type: 'string', format })
const name = { type: 'string', minLength: 1 }
const listOf = (items: Schema): Schema => ({ type: 'array', items })
/** For what without an entry would look as if it did something, and does nothing. */
const filledListOf = (items: Schema): Schema => ({ ...listOf(items), minItems: 1 })
const objectOf = (properties: Readonly<Record<string, Schema>>, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length === 0 ? {} : { required }),
  additionalProperties: false,
})

/** Marks what is only good for its default, so that a file never promises what nobody does. */
export const unsupportedMark = 'not supported by this version'

const unsupported = (description: string, otherwise: unknown): Schema => ({
  description: `${description} Only the default is accepted: anything else is ${unsupportedMark}.`,
  $comment: unsupportedMark,
  const: otherwise,
  default: otherwise,
})

const modeOfEach = (names: readonly string[], notYet: readonly string[]): Schema =>
  objectOf({
    ...Object.fromEntries(names.map((id) => [id, described(`What findings of ${id} may do at most.`, mode)])),
    ...Object.fromEntries(notYet.map((id) => [id, unsupported(`What findings of ${id} may do at most.`, 'enforce')])),
  })

const checkModes = modeOfEach(checkIds, ['image-platform'])
const causeModes = modeOfEach(Object.keys(causes), ['platform-absent', 'platform-partial'])

const overrides = listOf(
  objectOf({
    namespaces: described(
      'Globs of namespaces it is for; every namespace without this key.',
      filledListOf(textOf('glob')),
    ),
    images: described(
      'Globs of images it is for: of the image as written, of its full name, or of that with its tag. Without this key it is for every image, and for findings about no image.',
      filledListOf(textOf('glob')),
    ),
    checks: described('As the key of this name above, for what this override is for.', checkModes),
    causes: described('As the key of this name above, for what this override is for.', causeModes),
    onUnknown: described('As the key of this name above, for what this override is for.', mode),
  }),
)

const exemptions = objectOf({
  namespaces: described('Globs of namespaces.', listOf(textOf('glob')), ['kube-system']),
  usernames: described('User names, exactly as the API server gives them.', listOf(name), []),
  groups: described('Groups of users, exactly as the API server gives them.', listOf(name), []),
  runtimeClasses: described('Names of RuntimeClasses, exactly.', listOf(name), []),
  images: described(
    'Globs of images that are left out: of the image as written, of its full name, or of that with its tag.',
    listOf(textOf('glob')),
    [],
  ),
})

const paths = (what: string): Schema => described(`Paths of ${what}.`, listOf(textOf('field-path')), [])

/** A kind whose paths lead nowhere would look like one that is judged. */
const workloads = listOf({
  ...objectOf(
    {
      group: described('The API group.', { type: 'string' }),
      kind: described('The kind.', name),
      podSpecs: paths('PodSpecs'),
      images: paths('image strings'),
      pullSecrets: paths('pull secrets: objects with a name, or names'),
      serviceAccount: described('Path of the name of the service account.', textOf('field-path')),
      templated: described('Whether image strings may hold placeholders, which are then skipped.', flag, false),
    },
    ['group', 'kind'],
  ),
  anyOf: ['podSpecs', 'images'].map((key) => ({
    properties: { [key]: { type: 'array', minItems: 1 } },
    required: [key],
  })),
})

const registries = objectOf({
  hostsDir: unsupported('A tree of hosts.toml files as containerd reads it from certs.d.', ''),
  caBundle: described(
    'Further CAs to trust for every registry: PEM, or the path of a file of it.',
    { type: 'string' },
    '',
  ),
  addresses: described(
    'Where Pullgate may connect to. Link-local, loopback and unspecified addresses, cloud metadata and the API server are denied by nature.',
    objectOf({
      allow: described('Allowed although denied by nature.', listOf(textOf('cidr')), []),
      deny: described('Denied, whatever allows it.', listOf(textOf('cidr')), []),
    }),
  ),
  realms: described(
    'Token servers on another host than their registry that may be sent its credentials.',
    listOf(textOf('realm')),
    [],
  ),
  nodeCredentials: described(
    'Images that nodes may pull with credentials of their own, so that a refusal to Pullgate proves nothing. "default": the registries of ECR, GCR, GAR and ACR.',
    listOf(textOf('match-image')),
    ['default'],
  ),
  proxyCaches: described(
    'Globs of images served by pull-through caches, whose "not found" or refusal proves nothing.',
    listOf(textOf('glob')),
    [],
  ),
  dockerConfig: unsupported('A Docker config.json that stands for the credentials of the nodes.', ''),
  credentialProviders: described(
    'Credential provider plugins of the kubelet.',
    objectOf({
      config: unsupported('The CredentialProviderConfig.', ''),
      binDir: unsupported('Where the plugins are.', ''),
    }),
  ),
  suggestTags: described('Whether the nearest tags are named where one does not exist.', flag, true),
})

const platforms = objectOf({
  nodes: unsupported('Whether images must offer the platforms of the nodes.', true),
  also: unsupported('Further platforms, os/arch[/variant], that an autoscaler may add.', []),
})

const cache = objectOf({
  tag: described('How long it is taken as proved that a credential opens an image.', textOf('go-duration'), '60s'),
  content: described('How long the manifest of a digest is remembered.', textOf('go-duration'), '24h'),
  absent: described('How long it is remembered that something does not exist.', textOf('go-duration'), '5s'),
  refused: described('How long a refused credential is not shown again.', textOf('go-duration'), '30s'),
  secret: described('How long pull secrets and service accounts are remembered.', textOf('go-duration'), '5s'),
})

const limits = objectOf({
  perRegistry: described('Requests under way to one registry.', { type: 'integer', minimum: 1, maximum: 1000 }, 16),
  requestsPerSecond: unsupported('Requests to registries in one second.', 50),
})

export const configSchema = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  $id: 'https://pullgate.dev/config.v1alpha1.schema.json',
  title: 'PullgateConfiguration',
  ...described(
    'The configuration of Pullgate: pullgate serve --config FILE.',
    objectOf(
      {
        apiVersion: described('The version of this format.', { type: 'string', const: 'pullgate.dev/v1alpha1' }),
        kind: described('The kind of this file.', { type: 'string', const: 'PullgateConfiguration' }),
        mode: described('What is done in namespaces without the label pullgate.dev/mode.', mode, 'enforce'),
        checks: described('What each check may do at most; never more than the mode.', checkModes),
        causes: described('What each cause may do at most; never more than the mode.', causeModes),
        onUnknown: described('What a question without an answer may do at most.', mode, 'warn'),
        templates: described('What may be done at most to objects that hold Pod templates.', mode, 'enforce'),
        owned: described('What may be done at most to objects that controllers make.', mode, 'audit'),
        overrides: described('Other rules for some namespaces and images; the first that fits wins.', overrides, []),
        exemptions: described('What is not looked at.', exemptions),
        suspended: described('Admit everything and ask nobody.', flag, false),
        workloads: described('Further kinds that run containers.', workloads, []),
        registries: described('How registries are spoken with, and what their answers mean.', registries),
        platforms: described('Which platforms images must offer.', platforms),
        cache: described('How long answers are remembered.', cache),
        limits: described('How much is asked of registries.', limits),
      },
      ['apiVersion', 'kind'],
    ),
  ),
}
