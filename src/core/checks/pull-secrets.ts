/**
 * Every referenced pull secret must exist, be of a type the kubelet reads, and decode. The kubelet itself skips a
 * missing one with an event and ignores a wrong type in silence; one that does not decode fails every pull of the pod
 * (kubelet secrets.go: secretsToTrackedDockerConfigs).
 */
import type { Cause } from '../cause.ts'
import type { Check, Judgement } from '../check.ts'
import type { WithoutCredentials } from '../pulled-with.ts'
import { troubleWithAccount, troubleWithSecret } from '../secret-trouble.ts'

const judgement = (fieldPath: string, cause: Cause | undefined): Judgement =>
  cause === undefined ? { fieldPath, image: '', outcome: 'pass' } : { fieldPath, image: '', outcome: 'trouble', cause }

const reasons: Readonly<Record<WithoutCredentials, string>> = {
  elsewhere: 'whoever runs the object brings the pull secrets',
  placeholder: 'pull secrets or service account are to be filled in',
  'cluster-scoped': 'the object is in no namespace',
}

export const pullSecrets: Check<'pull-secrets'> = {
  id: 'pull-secrets',
  judge: (facts) => {
    const { withoutCredentials, pullSecrets: named } = facts.workload
    if (withoutCredentials !== undefined)
      return named.map(({ fieldPath }) => ({
        fieldPath,
        image: '',
        outcome: 'skip',
        reason: reasons[withoutCredentials],
      }))
    const { secrets, serviceAccount } = facts.credentials
    const ofSecrets = secrets.map((fact) => judgement(fact.fieldPath, troubleWithSecret(fact, facts)))
    if (serviceAccount.state === 'unused') return ofSecrets
    return [judgement(facts.workload.serviceAccountPath, troubleWithAccount(facts)), ...ofSecrets]
  },
}
