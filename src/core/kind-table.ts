/** The kinds that are judged: built-in ones, popular custom ones, and those of the configuration, ready to be looked up. */
import { customKinds } from './custom-kinds.ts'
import { type FieldPath, parseFieldPath } from './field-path.ts'
import { builtInKinds, type KindPaths, type KindRow } from './kinds.ts'

/** A row with its paths parsed. */
export type Kind = {
  readonly group: string
  readonly kind: string
  /** None where only the object itself tells. */
  readonly versions: readonly string[]
  readonly podSpecs: readonly FieldPath[]
  readonly images: readonly FieldPath[]
  readonly pullSecrets: readonly FieldPath[]
  readonly serviceAccount?: FieldPath
  readonly templated: boolean
  readonly clusterScoped: boolean
}

/** By group and kind. Versions are not compared: the shipped rules register only versions that share a shape. */
export type KindTable = ReadonlyMap<string, Kind>

const keyOf = (group: string, kind: string): string => `${group}/${kind}`

const parsed = (text: string): FieldPath => {
  const path = parseFieldPath(text)
  // The tables are tested and a configuration is validated before it gets here.
  if ('invalid' in path) throw new Error(`the field path ${text}: ${path.invalid}`)
  return path
}

const kindOf = (row: KindPaths & Partial<KindRow>): Kind => ({
  group: row.group,
  kind: row.kind,
  versions: row.versions ?? [],
  podSpecs: (row.podSpecs ?? []).map(parsed),
  images: (row.images ?? []).map(parsed),
  pullSecrets: (row.pullSecrets ?? []).map(parsed),
  ...(row.serviceAccount === undefined ? {} : { serviceAccount: parsed(row.serviceAccount) }),
  templated: row.templated ?? false,
  clusterScoped: row.clusterScoped ?? false,
})

const tableOf = (rows: readonly (KindPaths & Partial<KindRow>)[]): KindTable =>
  new Map(rows.map((row) => [keyOf(row.group, row.kind), kindOf(row)]))

export const shippedKinds: KindTable = tableOf([...builtInKinds, ...customKinds])

/** With more kinds; one of the same group and kind as a shipped one replaces it. */
export const kindTable = (more: readonly KindPaths[]): KindTable => new Map([...shippedKinds, ...tableOf(more)])

export const kindIn = (table: KindTable, group: string, kind: string): Kind | undefined => table.get(keyOf(group, kind))
