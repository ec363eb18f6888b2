import { Ajv } from 'ajv'
import t from 'tap'
import { decodeReview, encodeReview, reviewSchema } from '../../src/webhook/review.ts'
import { decision, denied, finding } from './findings.ts'
import { podCreate, recording, recordings } from './recordings.ts'

const accepts = new Ajv().compile(reviewSchema)
const admission = decodeReview(podCreate.review)

await t.test('every recorded review is accepted and decoded', async (t) => {
  t.equal(recordings.length, 65)
  for (const { name, review } of recordings) {
    t.ok(accepts(review), name)
    const decoded = decodeReview(review)
    t.equal(decoded.uid, review.request.uid, name)
    t.equal(decoded.dryRun, name.includes('dryrun'), name)
    t.match(name, `.${decoded.operation}-`)
    t.strictSame(decoded.object, review.request['object'])
    t.strictSame(decoded.oldObject, review.request['oldObject'])
    t.not(decoded.user.username, '')
  }
})

await t.test('a pod, a subresource and another user are decoded as recorded', async (t) => {
  t.match(admission, { operation: 'CREATE', group: '', version: 'v1', kind: 'Pod', subresource: '', namespace: 'shop' })
  const scale = decodeReview(recording('deployment-scale.UPDATE-deployments_scale').review)
  t.match(scale, { group: 'autoscaling', kind: 'Scale', subresource: 'scale' })
  t.equal(decodeReview(recording('pod-create-impersonated.CREATE-pods').review).user.username, 'alice')
})

await t.test('what may be missing or null is empty', async (t) => {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'u',
      kind: { version: 'v1', kind: 'Pod' },
      operation: 'DELETE',
      object: null,
      name: null,
      userInfo: { groups: null },
    },
  }
  t.ok(accepts(review))
  t.strictSame(decodeReview(review), {
    uid: 'u',
    operation: 'DELETE',
    group: '',
    version: 'v1',
    kind: 'Pod',
    subresource: '',
    namespace: '',
    name: '',
    object: null,
    oldObject: null,
    dryRun: false,
    user: { username: '', groups: [] },
  })
})

await t.test('all that is known of the user is kept, as far as it is lists of texts', async (t) => {
  const userInfo = { username: 'ada', uid: '42', groups: ['a'], extra: { scopes: ['x', 'y'], odd: [1], none: null } }
  const review = { ...podCreate.review, request: { ...podCreate.review.request, userInfo } }
  t.ok(accepts(review))
  t.strictSame(decodeReview(review).user, { username: 'ada', uid: '42', groups: ['a'], extra: { scopes: ['x', 'y'] } })
  for (const extra of [7, 'text', []]) {
    const odd = { ...podCreate.review, request: { ...podCreate.review.request, userInfo: { ...userInfo, extra } } }
    t.ok(accepts(odd))
    t.strictSame(decodeReview(odd).user.extra, {})
  }
})

await t.test('a denial ends with its advice', async (t) => {
  const { response } = encodeReview(admission, denied(finding()), { advice: 'Do this.' })
  t.match(response.status?.message, /\n {2}Do this\.$/)
})

await t.test('allowed: nothing but the uid', async (t) => {
  t.strictSame(encodeReview(admission, decision()), {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: admission.uid, allowed: true },
  })
})

await t.test('denied: 403 Forbidden with the message, the warnings, and annotations of every mode', async (t) => {
  const warning = finding({ mode: 'warn', cause: 'latest-tag', fieldPath: 'w' })
  const audit = finding({ mode: 'audit', cause: 'rate-limited', fieldPath: 'a' })
  const review = encodeReview(
    admission,
    { ...denied(finding()), warnings: [warning], audits: [audit] },
    { annotations: { bypass: 'refused' }, notices: ['You may not bypass.'] },
  )
  t.strictSame(Object.keys(review.response).sort(), ['allowed', 'auditAnnotations', 'status', 'uid', 'warnings'])
  t.match(review.response.status, { code: 403, reason: 'Forbidden', message: /^\n {2}spec\.template.*first\.$/ })
  t.match(review.response.warnings, ['You may not bypass.', /^w "/])
  t.equal(review.response.warnings?.length, 2)
  t.strictSame(review.response.auditAnnotations, {
    bypass: 'refused',
    'tag-absent': 'spec.template.spec.containers[0].image',
    'latest-tag': 'w',
    'rate-limited': 'a',
  })
})
