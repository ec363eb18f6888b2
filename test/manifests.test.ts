/** What the manifests and pages repeat of the table of custom kinds. */
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'
import { customKindFiles, webhookEntries } from '../scripts/custom-kind-files.ts'
import { customKinds } from '../src/core/custom-kinds.ts'

type Patch = {
  op: string
  path: string
  value: { apiGroups: string[]; apiVersions: string[]; operations: string[]; resources: string[]; scope: string }
}

const inProject = (file: string): Promise<string> => readFile(new URL(`../${file}`, import.meta.url), 'utf8')

t.test('the files written from the table are up to date', async (t) => {
  for (const { file, text } of await customKindFiles()) {
    t.equal(await readFile(file, 'utf8'), text, `npm run kinds: ${file.pathname}`)
  }
})

type Entry = { name: string; matchConditions: { name: string; expression: string }[] }

const entriesOf = async (): Promise<readonly Entry[]> =>
  parseAllDocuments(await inProject('manifests/base/webhook.yaml')).flatMap(
    (document) => (document.toJS() as { webhooks?: Entry[] }).webhooks ?? [],
  )

t.test(
  'every entry leaves out updates of the shipped custom groups that change no spec, and of no others',
  async (t) => {
    const expected = [...new Set(customKinds.map(({ group }) => group))]
    for (const { name, matchConditions } of await entriesOf()) {
      const { expression = '' } = matchConditions.find((condition) => condition.name === 'pod-spec-changed') ?? {}
      const list =
        /!\(request\.kind\.group in \[([^\]]*)\]\) \|\| object\.\?spec != oldObject\.\?spec :/.exec(expression)?.[1] ??
        ''
      t.strictSame(
        list.split(',').map((text) => text.trim()),
        expected.map((group) => `'${group}'`),
        name,
      )
    }
  },
)

t.test('so every shipped custom kind has all that counts in its spec', async (t) => {
  for (const { group, kind, podSpecs = [], images = [], pullSecrets = [], serviceAccount } of customKinds) {
    const paths = [...podSpecs, ...images, ...pullSecrets, ...(serviceAccount === undefined ? [] : [serviceAccount])]
    t.strictSame(
      paths.filter((path) => !/^spec(?:$|[.[{])/.test(path)),
      [],
      `${group} ${kind}`,
    )
  }
})

t.test('the patch counts the entries as the base orders them', async (t) => {
  t.strictSame(
    (await entriesOf()).map(({ name }) => name),
    webhookEntries,
  )
})

t.test(
  'each entry asks about every namespaced kind, and the one for the configured mode about the others too',
  async (t) => {
    const patches = parse(await inProject('manifests/components/custom-kinds/rules.yaml')) as Patch[]
    for (const [index, name] of webhookEntries.entries()) {
      const rules = patches.filter(({ path }) => path === `/webhooks/${index}/rules/-`)
      const registered = rules.flatMap(({ value: { apiGroups, apiVersions, resources, scope } }) =>
        apiVersions.flatMap((version) => resources.map((each) => `${scope} ${apiGroups.join()}/${version} ${each}`)),
      )
      const expected = customKinds.flatMap(({ group, versions, resource, clusterScoped }) => {
        if (clusterScoped === true && name !== 'default.pullgate.dev') return []
        const scope = clusterScoped === true ? 'Cluster' : 'Namespaced'
        return versions.map((version) => `${scope} ${group}/${version} ${resource}`)
      })
      t.strictSame(registered.toSorted(), expected.toSorted(), name)
      t.ok(rules.every(({ op, value: { operations } }) => op === 'add' && operations.join() === 'CREATE,UPDATE'))
    }
  },
)
