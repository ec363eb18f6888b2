// The policy of a fresh installation, and what a test changes in it.
import { type Policy, type PolicyRequest, type PolicySettings, policyOf } from '../../src/core/policy.ts'

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
  ...tweak,
})

export const requestOf = (tweak: Partial<PolicyRequest> = {}): PolicyRequest => ({
  mode: undefined,
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
