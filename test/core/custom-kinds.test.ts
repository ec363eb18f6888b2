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

t.test('no row is there twice, and none hides a built-in one', async (t) => {
  const names = [...builtInKinds, ...customKinds].map(({ group, kind }) => `${group}/${kind}`)
  t.strictSame(names, [...new Set(names)])
  t.equal(shippedKinds.size, names.length)
  for (const { kind, resource, versions } of customKinds) {
    t.match(resource, /^[a-z]+s$/, kind)
    t.ok(versions.length > 0 && versions.every((version) => /^v\d+((alpha|beta)\d+)?$/.test(version)), kind)
  }
})
