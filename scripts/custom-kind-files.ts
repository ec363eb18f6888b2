// Writes the table of custom kinds into the files that repeat it: the webhook rules of the component, the groups in a
// condition of the base, and the page that lists them. `npm run kinds`; a test says when it has to be run.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { customKinds } from '../src/core/custom-kinds.ts'
import type { KindRow } from '../src/core/kinds.ts'

/** In the order of manifests/base/webhook.yaml, which a JSON patch counts by. */
export const webhookEntries = ['enforce', 'warn', 'audit', 'default', 'owned'].map((mode) => `${mode}.pullgate.dev`)

type Rule = { group: string; versions: string; scope: 'Cluster' | 'Namespaced'; resources: string[] }

const rulesOf = (rows: readonly KindRow[]): readonly Rule[] => {
  const rules: Rule[] = []
  for (const { group, versions, clusterScoped, resource } of rows) {
    const scope = clusterScoped === true ? 'Cluster' : 'Namespaced'
    const same = rules.find(
      (rule) => rule.group === group && rule.versions === versions.join(', ') && rule.scope === scope,
    )
    if (same === undefined) rules.push({ group, versions: versions.join(', '), scope, resources: [resource] })
    else same.resources.push(resource)
  }
  return rules
}

const patchOf = (index: number, { group, versions, scope, resources }: Rule): string => `- op: add
  path: /webhooks/${index}/rules/-
  value:
    apiGroups: [${group}]
    apiVersions: [${versions}]
    operations: [CREATE, UPDATE]
    resources: [${resources.join(', ')}]
    scope: ${scope}
`

const rulesHead = `# Written by \`npm run kinds\` from src/core/custom-kinds.ts.
#
# No namespace, and so no label, belongs to objects outside namespaces: they go to one entry only, the one for the
# configured mode.
`

const ruleFile = (): string =>
  rulesHead +
  webhookEntries
    .flatMap((name, index) => [
      `# ${name}\n`,
      ...rulesOf(customKinds)
        .filter(({ scope }) => scope === 'Namespaced' || name === 'default.pullgate.dev')
        .map((rule) => patchOf(index, rule)),
    ])
    .join('')

const groups = [...new Set(customKinds.map(({ group }) => group))]

const widest = 110

const listedGroups = (indent: string): string =>
  groups
    .map((group) => `'${group}'`)
    .reduce<readonly string[]>((lines, text) => {
      const last = lines.at(-1)
      const longer = `${last ?? indent}, ${text}`
      return last === undefined || longer.length > widest
        ? [...lines, `${indent}${text}`]
        : [...lines.slice(0, -1), longer]
    }, [])
    .join(',\n')

const groupList = /^( *)!\(request\.kind\.group in \[[^\]]*\]\) \|\|/m

/** The groups whose updates are asked about only where the spec changed. */
const webhookWith = (webhook: string): string =>
  webhook.replace(groupList, (_, indent: string) => `${indent}!(request.kind.group in [\n${listedGroups(indent)}]) ||`)

// More would make the page unreadable; the rest lies beside what is shown.
const mostShown = 4

const code = (texts: readonly string[]): string => {
  const more = texts.length > mostShown ? [`and ${texts.length - mostShown} more`] : []
  return [...texts.slice(0, mostShown).map((text) => `\`${text}\``), ...more].join('<br>') || '–'
}

const lineOf = ({ kind, podSpecs = [], images = [], pullSecrets = [], serviceAccount, ...row }: KindRow): string => {
  const notes = [
    ...(row.templated === true ? ['templated'] : []),
    ...(row.clusterScoped === true ? ['cluster-scoped'] : []),
  ]
  const cells = [
    notes.length === 0 ? kind : `${kind} (${notes.join(', ')})`,
    code(podSpecs),
    code(images),
    code([...pullSecrets, ...(serviceAccount === undefined ? [] : [serviceAccount])]),
  ]
  return `| ${cells.join(' | ')} |`
}

const groupTable = (group: string): string => {
  const rows = customKinds.filter((row) => row.group === group)
  return [
    `### ${group}`,
    '',
    '| kind | PodSpecs | other images | pull secrets, account |',
    '| --- | --- | --- | --- |',
    ...rows.map(lineOf),
    '',
  ].join('\n')
}

const begin = '<!-- Written by `npm run kinds`, down to the next such line. -->'
const end = '<!-- End of what `npm run kinds` writes. -->'

const pageWith = (page: string): string => {
  const [before = '', rest = ''] = page.split(begin)
  const [, after = ''] = rest.split(end)
  return `${before}${begin}\n\n${groups.map(groupTable).join('\n')}\n${end}${after}`
}

const project = new URL('..', import.meta.url)
const rules = new URL('manifests/components/custom-kinds/rules.yaml', project)
const webhook = new URL('manifests/base/webhook.yaml', project)
const page = new URL('docs/custom-kinds.md', project)

/** Each file with the text it should have. */
export const customKindFiles = async (): Promise<readonly { file: URL; text: string }[]> => [
  { file: rules, text: ruleFile() },
  { file: webhook, text: webhookWith(await readFile(webhook, 'utf8')) },
  { file: page, text: pageWith(await readFile(page, 'utf8')) },
]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { file, text } of await customKindFiles()) await writeFile(file, text)
}
