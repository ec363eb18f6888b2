/** What each cause needs to know to be told: one line for each cause, as its two sentences in `cause.ts` use it. */
import type { UnansweredCause } from './unanswered-cause.ts'

type Where = { readonly namespace: string }
type SecretDetails = Where & { readonly secret: string; readonly account?: string; readonly server: string }
type RegistryDetails = Where & { readonly name: string; readonly host: string }
type CredentialDetails = RegistryDetails & {
  readonly credential: string
  readonly status: number
  readonly detail?: string
  readonly others?: string
}
type UnansweredDetails = {
  readonly name: string
  readonly host: string
  readonly detail: string
  readonly others?: string
}

export type Details = {
  'reference-invalid': { readonly image: string; readonly why: string }
  'latest-tag': { readonly name: string }
  'tag-omitted': { readonly name: string }
  'secret-absent': SecretDetails
  'secret-type-ignored': SecretDetails & { readonly type: string }
  'secret-malformed': SecretDetails & { readonly where: string; readonly why: string }
  'secret-unverified': SecretDetails & { readonly why: string }
  'secret-unreadable': SecretDetails
  'service-account-absent': Where & { readonly account: string }
  'service-account-unreadable': Where & { readonly account: string }
  'tag-absent': {
    readonly name: string
    readonly tag: string
    readonly suggestions: readonly string[]
    readonly others?: string
  }
  'digest-absent': { readonly name: string; readonly digest: string; readonly tag?: string; readonly others?: string }
  'repository-absent': { readonly name: string; readonly host: string; readonly others?: string }
  'credential-missing': RegistryDetails & {
    readonly status: number
    readonly keys: readonly string[]
    readonly detail?: string
  }
  /** `keys`: all that the refused secret holds. */
  'credential-refused': CredentialDetails & { readonly keys: readonly string[] }
  'access-denied': CredentialDetails & { readonly scheme?: 'Basic' | 'Bearer' }
  'manifest-unsupported': { readonly name: string; readonly detail: string; readonly others?: string }
  'request-rejected': {
    readonly name: string
    readonly host: string
    readonly status: number
    readonly detail?: string
    readonly others?: string
  }
  'node-credentials': { readonly name: string; readonly host: string }
  'proxy-cache': { readonly name: string; readonly host: string; readonly said: string }
  'credential-pending': { readonly name: string; readonly host: string; readonly pending: string }
  'cluster-unavailable': { readonly why: string }
} & Record<UnansweredCause, UnansweredDetails>
