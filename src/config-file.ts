/** A configuration file that its schema has accepted. */
import type { KindPaths } from './core/kinds.ts'
import type { Mode } from './core/policy.ts'

type Modes = Readonly<Record<string, Mode>>
type Texts = readonly string[]

export type OverrideEntry = {
  readonly namespaces?: Texts
  readonly images?: Texts
  readonly checks?: Modes
  readonly causes?: Modes
  readonly onUnknown?: Mode
}

export type ConfigFile = {
  readonly apiVersion: 'pullgate.dev/v1alpha1'
  readonly kind: 'PullgateConfiguration'
  readonly mode?: Mode
  readonly checks?: Modes
  readonly causes?: Modes
  readonly onUnknown?: Mode
  readonly templates?: Mode
  readonly owned?: Mode
  readonly overrides?: readonly OverrideEntry[]
  readonly exemptions?: Readonly<
    Partial<Record<'namespaces' | 'usernames' | 'groups' | 'runtimeClasses' | 'images', Texts>>
  >
  readonly suspended?: boolean
  readonly workloads?: readonly KindPaths[]
  readonly registries?: {
    readonly caBundle?: string
    readonly addresses?: { readonly allow?: Texts; readonly deny?: Texts }
    readonly realms?: Texts
    readonly nodeCredentials?: Texts
    readonly proxyCaches?: Texts
    readonly suggestTags?: boolean
  }
  readonly cache?: Readonly<Partial<Record<'tag' | 'content' | 'absent' | 'refused' | 'secret', string>>>
  readonly limits?: { readonly perRegistry?: number }
}
