/** Every shipped custom kind with an object as its users write it: which images are found, and what each is pulled with. */
import t from 'tap'
import { customKinds } from '../../src/core/custom-kinds.ts'
import { kindIn, shippedKinds } from '../../src/core/kind-table.ts'
import { builtInKinds } from '../../src/core/kinds.ts'
import { workloadsOf } from '../../src/core/workload.ts'
import { type CustomObject, customObjects } from '../support/custom-objects.ts'

const found = ({ group, kind, object }: CustomObject): readonly string[] => {
  const row = kindIn(shippedKinds, group, kind)
  if (row === undefined) return ['no such kind']
  return workloadsOf(row, object, row.clusterScoped ? '' : 'shop').flatMap((workload) => {
    const secrets = workload.pullSecrets.map(({ name }) => name).join(' ')
    const pulledWith =
      workload.withoutCredentials ??
      (workload.namesPullSecrets ? `secrets ${secrets}` : `account ${workload.serviceAccount}`)
    return workload.images.map(
      ({ fieldPath, image, isPlaceholder }) =>
        `${fieldPath} = ${isPlaceholder === true ? 'placeholder' : image} with ${pulledWith}`,
    )
  })
}

t.test('there is an object of every kind', async (t) => {
  t.strictSame(
    customObjects.map(({ group, kind }) => `${group}/${kind}`),
    customKinds.map(({ group, kind }) => `${group}/${kind}`),
  )
})

for (const each of customObjects) {
  t.test(`${each.group}/${each.kind}`, async (t) => {
    t.strictSame(found(each).toSorted(), each.images.toSorted())
  })
}

t.test('what a Workflow does not say itself, its template or its controller may', async (t) => {
  const templates = [
    { name: 'main', container: { image: 'main:1' } },
    { name: 'own', container: { image: 'own:1' }, serviceAccountName: 'own' },
  ]
  const imagesWith = (prefix: string, others: string) => [
    `${prefix}.templates[0].container.image = main:1 with ${others}`,
    `${prefix}.templates[1].container.image = own:1 with account own`,
  ]
  const secret = { imagePullSecrets: [{ name: 's' }] }
  const defaults = { templateDefaults: { serviceAccountName: 'laid-over' } }
  const cases = [
    [{}, 'elsewhere'],
    [{ serviceAccountName: 'runner' }, 'account runner'],
    [defaults, 'elsewhere'],
    [{ ...defaults, serviceAccountName: 'runner' }, 'elsewhere'],
  ] as const
  for (const [more, others] of cases) {
    const spec = { templates, ...more }
    for (const [kind, object, prefix] of [
      ['Workflow', { spec }, 'spec'],
      ['CronWorkflow', { spec: { workflowSpec: spec } }, 'spec.workflowSpec'],
    ] as const) {
      const asFound = { group: 'argoproj.io', kind, object: { metadata: {}, ...object }, images: [] }
      t.strictSame(found(asFound), imagesWith(prefix, others), `${kind} ${JSON.stringify(more)}`)
    }
  }
  const told = { group: 'argoproj.io', kind: 'Workflow', images: [] }
  const spec = { templates: templates.slice(0, 1), ...defaults, ...secret }
  t.strictSame(found({ ...told, object: { metadata: {}, spec } }), [
    'spec.templates[0].container.image = main:1 with secrets s',
  ])
})

t.test('no row is there twice, and none hides a built-in one', async (t) => {
  const names = [...builtInKinds, ...customKinds].map(({ group, kind }) => `${group}/${kind}`)
  t.strictSame(names, [...new Set(names)])
  t.equal(shippedKinds.size, names.length)
  for (const { kind, resource, versions } of customKinds) {
    t.match(resource, /^[a-z]+s$/, kind)
    t.ok(versions.length > 0 && versions.every((version) => /^v\d+((alpha|beta)\d+)?$/.test(version)), kind)
  }
})
