// The policy of a fresh installation, and what a test changes in it.
import type { Exemptions } from '../../src/core/exemption.ts'
import { type Policy, type PolicyRequest, type PolicySettings, policyOf } from '../../src/core/policy.ts'

export const exemptionsOf = (tweak: Partial<Exemptions> = {}): Exemptions => ({
  namespaces: () => false,
  usernames: new Set(),
  groups: new Set(),
  runtimeClasses: new Set(),
  images: () => false,
  ...tweak,
})

export const settingsOf = ({
  checks,
  ...tweak
}: Omit<Partial<PolicySettings>, 'checks'> & { checks?: Partial<PolicySettings['checks']> } = {}): PolicySettings => ({
  mode: 'enforce',
  checks: {
    'valid-reference': 'enforce',
    'latest-tag': 'enforce',
    'pull-secrets': 'enforce',
    'image-pullable': 'enforce',
    ...checks,
  },
  causes: {},
  onUnknown: 'warn',
  templates: 'enforce',
  owned: 'audit',
  suspended: false,
  overrides: [],
  exemptions: exemptionsOf(),
  ...tweak,
})

export const requestOf = (tweak: Partial<PolicyRequest> = {}): PolicyRequest => ({
  mode: undefined,
  namespace: 'shop',
  isTemplate: false,
  owned: false,
  idle: false,
  dryRun: false,
  ...tweak,
})

export const policyFor = (
  settings: Parameters<typeof settingsOf>[0] = {},
  request: Partial<PolicyRequest> = {},
): Policy => policyOf(settingsOf(settings), requestOf(request))
