/** Whether a user holds the verb that goes past a denial, as the API server's own authorizers say (SubjectAccessReview). */
import { V1ResourceAttributes, V1SubjectAccessReview, V1SubjectAccessReviewSpec } from '@kubernetes/client-node'
import type { Admission } from '../core/admission.ts'
import type { BypassAnswer, BypassPort } from '../core/bypass.ts'
import { printable } from '../core/printable.ts'
import { isRecord, UnintelligibleAnswer } from './answer.ts'
import type { ClusterClient } from './client.ts'

const resource = 'subjectaccessreviews'
const longestWhy = 120

/** Never remembered: a right that was taken away counts no longer, and denials are rare. */
export const createBypassPort =
  (client: ClusterClient): BypassPort =>
  async (user, namespace) => {
    const body = reviewOf(user, namespace)
    const answer = await client.ask(resource, async ({ authorization }, options) =>
      statusOf(await authorization.createSubjectAccessReview({ body }, options)),
    )
    if (answer.state === 'found') return answer.value
    return { state: 'unknown', why: answer.state === 'absent' ? 'the API server knows no such question' : answer.why }
  }

/** Everything the API server has told about the user, since authorizers may go by any of it. */
const reviewOf = ({ username, groups, uid, extra }: Admission['user'], namespace: string): V1SubjectAccessReview => {
  const asked = { namespace, verb: 'bypass', group: 'pullgate.dev', resource: 'admissions' }
  const spec = Object.assign(new V1SubjectAccessReviewSpec(), {
    user: username,
    groups: [...groups],
    ...(uid === undefined ? {} : { uid }),
    ...(extra === undefined ? {} : { extra: { ...extra } }),
    resourceAttributes: Object.assign(new V1ResourceAttributes(), asked),
  })
  return Object.assign(new V1SubjectAccessReview(), {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec,
  })
}

const statusOf = (review: unknown): BypassAnswer => {
  const status = isRecord(review) ? review['status'] : undefined
  if (!isRecord(status) || typeof status['allowed'] !== 'boolean') {
    throw new UnintelligibleAnswer('the API server answered with something else than a SubjectAccessReview')
  }
  if (status['allowed']) return { state: 'held' }
  const error = status['evaluationError']
  return typeof error === 'string' && error !== ''
    ? { state: 'unknown', why: printable(error, longestWhy) }
    : { state: 'not-held' }
}
