/** The architecture as tests: each dependency rule is broken on purpose, and one table of kinds feeds the manifests. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'
import { parseAllDocuments } from 'yaml'
import { builtInKinds } from '../src/core/kinds.ts'

const project = fileURLToPath(new URL('..', import.meta.url))
const run = promisify(execFile)

/** [rule that must catch it, file to plant, what it holds] */
const violations: readonly (readonly [string, string, string])[] = [
  ['core-is-pure', 'core/planted-node.ts', "import { readFile } from 'node:fs/promises'\nexport const a = readFile\n"],
  ['core-is-pure', 'core/planted-package.ts', "import { LRUCache } from 'lru-cache'\nexport const a = LRUCache\n"],
  [
    'core-is-pure',
    'core/planted-outward.ts',
    "import { decodeReview } from '../webhook/review.ts'\nexport const a = decodeReview\n",
  ],
  [
    'registry-looks-inwards',
    'registry/planted.ts',
    "import { decodeReview } from '../webhook/review.ts'\nexport const a = decodeReview\n",
  ],
  [
    'webhook-looks-inwards',
    'webhook/planted.ts',
    "import { createClusterClient } from '../cluster/client.ts'\nexport const a = createClusterClient\n",
  ],
  [
    'cluster-looks-inwards',
    'cluster/planted.ts',
    "import { issueAuthority } from '../certs/issue.ts'\nexport const a = issueAuthority\n",
  ],
  [
    'certs-looks-inwards',
    'certs/planted.ts',
    "import { decodeReview } from '../webhook/review.ts'\nexport const a = decodeReview\n",
  ],
  [
    'credentials-looks-inwards',
    'credentials/planted.ts',
    "import { createClusterClient } from '../cluster/client.ts'\nexport const a = createClusterClient\n",
  ],
  [
    'report-looks-inwards',
    'report/planted.ts',
    "import { createClusterClient } from '../cluster/client.ts'\nexport const a = createClusterClient\n",
  ],
  [
    'commands-are-roots',
    'webhook/planted-root.ts',
    "import { parseAddress } from '../commands/listen.ts'\nexport const a = parseAddress\n",
  ],
  ['no-cycles', 'core/planted-one.ts', "import { b } from './planted-two.ts'\nexport const a = (): unknown => b\n"],
  ['undici-home', 'webhook/planted-undici.ts', "import { request } from 'undici'\nexport const a = request\n"],
  [
    'client-node-home',
    'certs/planted-client.ts',
    "import { KubeConfig } from '@kubernetes/client-node'\nexport const a = KubeConfig\n",
  ],
  ['fastify-home', 'cluster/planted-fastify.ts', "import { fastify } from 'fastify'\nexport const a = fastify\n"],
  ['forge-home', 'cluster/planted-forge.ts', "import forge from 'node-forge'\nexport const a = forge\n"],
  ['ajv-home', 'registry/planted-ajv.ts', "import { Ajv } from 'ajv'\nexport const a = Ajv\n"],
  ['picomatch-home', 'webhook/planted-glob.ts', "import picomatch from 'picomatch'\nexport const a = picomatch\n"],
  [
    'prom-client-home',
    'registry/planted-metrics.ts',
    "import { Counter } from 'prom-client'\nexport const a = Counter\n",
  ],
  ['declared-packages-only', 'cluster/planted-dev.ts', "import fc from 'fast-check'\nexport const a = fc\n"],
]

type Cruised = { summary: { violations: { from: string; rule: { name: string } }[] } }

const cruise = async (directory: string): Promise<Cruised> => {
  const depcruise = join(project, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs')
  const args = [depcruise, 'src', '--config', '.dependency-cruiser.cjs', '--output-type', 'json']
  // Violations make its exit status their number; what it printed is the answer all the same.
  const { stdout } = await run(process.execPath, args, { cwd: directory, maxBuffer: 64 * 1024 * 1024 }).catch(
    (error: unknown) => error as { stdout: string },
  )
  return JSON.parse(stdout) as Cruised
}

t.test('every dependency rule catches a violation planted in a copy of the sources', async (t) => {
  const copy = await mkdtemp(join(tmpdir(), 'pullgate-architecture-'))
  t.teardown(() => rm(copy, { recursive: true, force: true }))
  for (const name of ['src', 'package.json', 'tsconfig.json', '.dependency-cruiser.cjs']) {
    await cp(join(project, name), join(copy, name), { recursive: true })
  }
  await symlink(join(project, 'node_modules'), join(copy, 'node_modules'))
  await writeFile(
    join(copy, 'src/core/planted-two.ts'),
    "import { a } from './planted-one.ts'\nexport const b = (): unknown => a\n",
  )
  for (const [, file, text] of violations) {
    const path = join(copy, 'src', file)
    await cp(join(project, 'LICENSE'), path, { force: true })
    await writeFile(path, text)
  }
  const { violations: caught } = (await cruise(copy)).summary
  for (const [rule, file] of violations) {
    t.ok(
      caught.some(({ from, rule: { name } }) => name === rule && from === `src/${file}`),
      `${rule} catches src/${file}`,
    )
  }
  const innocent = caught.filter(({ from }) => !from.includes('planted'))
  t.same(innocent, [], 'and nothing else is caught')
})

type Rule = { apiGroups: string[]; apiVersions: string[]; operations: string[]; resources: string[]; scope: string }
type Manifest = { kind: string; webhooks?: { name: string; rules: Rule[] }[] }

t.test('every entry of the webhook configuration registers exactly the kinds of the table', async (t) => {
  const text = await readFile(join(project, 'manifests/base/webhook.yaml'), 'utf8')
  const manifests = parseAllDocuments(text).map((document) => document.toJS() as Manifest)
  const webhooks = manifests.flatMap(({ webhooks }) => webhooks ?? [])
  const expected = [
    ...builtInKinds.flatMap(({ group, versions, resource }) =>
      versions.map((version) => `${group}/${version} ${resource}`),
    ),
    '/v1 pods/ephemeralcontainers',
  ]
  t.equal(webhooks.length, 5)
  for (const { name, rules } of webhooks) {
    const registered = rules.flatMap(({ apiGroups, apiVersions, resources }) =>
      apiGroups.flatMap((group) =>
        apiVersions.flatMap((version) => resources.map((resource) => `${group}/${version} ${resource}`)),
      ),
    )
    t.same(registered.toSorted(), expected.toSorted(), name)
    t.ok(rules.every(({ operations, scope }) => operations.join() === 'CREATE,UPDATE' && scope === 'Namespaced'))
  }
})
