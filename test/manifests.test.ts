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

t.test('the patch counts the entries as the base orders them', async (t) => {
  const base = parseAllDocuments(await inProject('manifests/base/webhook.yaml')).map(
    (document) => document.toJS() as { webhooks?: { name: string }[] },
  )
  t.strictSame(
    base.flatMap(({ webhooks }) => (webhooks ?? []).map(({ name }) => name)),
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
