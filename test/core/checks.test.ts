import t from 'tap'
import { explain, remedyFor } from '../../src/core/cause.ts'
import type { Judgement } from '../../src/core/check.ts'
import { type CheckId, checkIds, checks } from '../../src/core/checks/index.ts'
import type { Facts, Outcome, SecretFact, ServiceAccountFact, Unasked } from '../../src/core/facts.ts'
import { parseReference } from '../../src/core/reference.ts'
import {
  absentSecret,
  attemptOf,
  credentialsOf,
  found,
  probeOf,
  secretField,
  tagAbsent,
  timedOut,
  usableSecret,
} from '../support/ports.ts'
import { workloadWithImages } from '../support/workloads.ts'

const outcomeOf = (outcome: Outcome) => ({ probe: probeOf(attemptOf(outcome)) })

/** A Pod whose images were all found and whose pull secret is usable; each case changes one thing. */
const factsOf = (images: readonly string[] = ['reg.example/pay:v1'], kind = 'Pod'): Facts => {
  const workload = workloadWithImages(images, kind)
  return {
    workload,
    secretsTold: () => true,
    credentials: credentialsOf([usableSecret]),
    images: workload.images.map((use) => ({
      use,
      reference: parseReference(use.image),
      nodeCredentials: false,
      proxyCache: false,
      ...outcomeOf(found),
    })),
  }
}

const judgedBy = (id: CheckId, facts: Facts): readonly Judgement[] => {
  const check = checks.find((candidate) => candidate.id === id)
  if (check === undefined) throw new Error(`no check ${id}`)
  return check.judge(facts)
}

const inWords = (judgement: Judgement): string => {
  if (judgement.outcome === 'pass') return 'pass'
  if (judgement.outcome === 'skip') return `skip: ${judgement.reason}`
  return `${judgement.cause.id}: ${explain(judgement.cause)} ${remedyFor(judgement.cause)}`
}

const told = (id: CheckId, facts: Facts): readonly string[] => judgedBy(id, facts).map(inWords)

t.test('the order in which findings are told', async (t) => {
  t.strictSame(checkIds, ['valid-reference', 'latest-tag', 'pull-secrets', 'image-pullable'])
})

t.test('all checks pass what is right, one judgement for each field', async (t) => {
  const facts = factsOf(['reg.example/pay:v1', `nginx@sha256:${'a'.repeat(64)}`])
  const images = facts.workload.images.map(({ fieldPath, image }) => ({ fieldPath, image, outcome: 'pass' }))
  const secrets = [{ fieldPath: secretField.fieldPath, image: '', outcome: 'pass' }]
  for (const id of checkIds) t.strictSame(judgedBy(id, facts), id === 'pull-secrets' ? secrets : images, id)
})

const asReference = 'Write it as REGISTRY/REPOSITORY:TAG, for instance ghcr.io/acme/pay:1.4.2.'

t.test('valid-reference', async (t) => {
  const [first = '', second, third] = told('valid-reference', factsOf(['nginx:', 'nginx:1', '']))
  t.match(first, /^reference-invalid: This is not an image reference: .*the tag is missing\. Write/)
  t.equal(second, 'pass')
  t.equal(third, `reference-invalid: This is not an image reference: it is empty. ${asReference}`)
  const blank = factsOf([''], 'Deployment')
  t.strictSame(
    told('valid-reference', { ...blank, images: blank.images.map((image) => ({ ...image, unasked: 'blank' })) }),
    ['skip: blank in a template'],
  )
})

t.test('valid-reference: a very long image hides no message', async (t) => {
  const [judgement] = judgedBy('valid-reference', factsOf([`reg.example/${'X'.repeat(5000)}\n`]))
  t.match(judgement, { outcome: 'trouble', cause: { id: 'reference-invalid' } })
  if (judgement?.outcome !== 'trouble' || judgement.cause.id !== 'reference-invalid') return
  t.equal(judgement.cause.image.length, 256)
  t.ok(explain(judgement.cause).length < 500)
})

const digest = `sha256:${'a'.repeat(64)}`
const naming = (name: string) => `Name a version (${name}:VERSION) or a digest (${name}@sha256:DIGEST).`
const moving = 'The tag latest means whatever was pushed last, so two nodes may run different images.'
const omitted = 'No tag is written, so the node pulls latest: whatever was pushed last.'

const tags: readonly (readonly [image: string, said: string])[] = [
  ['nginx:1.27', 'pass'],
  ['nginx:latest-alpine', 'pass'],
  ['nginx:Latest', 'pass'],
  ['reg.example:5000/pay:v1', 'pass'],
  [`nginx@${digest}`, 'pass'],
  [`nginx:latest@${digest}`, 'pass'],
  ['nginx:latest', `latest-tag: ${moving} ${naming('docker.io/library/nginx')}`],
  ['reg.example:5000/pay:latest', `latest-tag: ${moving} ${naming('reg.example:5000/pay')}`],
  ['nginx', `tag-omitted: ${omitted} ${naming('docker.io/library/nginx')}`],
  ['reg.example:5000/pay', `tag-omitted: ${omitted} ${naming('reg.example:5000/pay')}`],
  ['latest', `tag-omitted: ${omitted} ${naming('docker.io/library/latest')}`],
  ['Nginx', 'skip: not a reference'],
  ['', 'skip: not a reference'],
]

t.test('latest-tag', async (t) => {
  for (const [image, said] of tags) t.strictSame(told('latest-tag', factsOf([image])), [said], image)
})

const withSecrets = (secrets: readonly SecretFact[], account?: ServiceAccountFact, facts = factsOf()): Facts => ({
  ...facts,
  credentials: credentialsOf(secrets, account),
})
const create = (server: string) =>
  `kubectl create secret docker-registry regcred -n shop --docker-server=${server} --docker-username=USER --docker-password=PASSWORD`

const secretCases: readonly (readonly [what: string, secret: SecretFact, said: string])[] = [
  ['usable', usableSecret, 'pass'],
  [
    'absent',
    absentSecret,
    `secret-absent: The pull secret regcred does not exist in namespace shop. Create it: ${create('reg.example')}`,
  ],
  [
    'of another type',
    { ...secretField, state: 'ignored', type: 'Opaque' },
    `secret-type-ignored: The kubelet ignores the secret shop/regcred of type Opaque: a pull secret is of type kubernetes.io/dockerconfigjson, with its data under the key .dockerconfigjson. Make it anew: kubectl delete secret regcred -n shop, then ${create('reg.example')}`,
  ],
  [
    'malformed',
    { ...secretField, state: 'malformed', where: 'data[".dockerconfigjson"], $.auths', why: 'it must be an object' },
    `secret-malformed: The pull secret shop/regcred cannot be decoded, so the node pulls no image of this pod: in data[".dockerconfigjson"], $.auths, it must be an object. Write it anew: ${create('reg.example')} --dry-run=client -o yaml | kubectl apply -f -`,
  ],
  [
    'not to be read',
    { ...secretField, state: 'unreadable' },
    'secret-unreadable: Pullgate is not allowed to read the pull secret shop/regcred, so nothing is known of the images that need it. Allow it: kubectl create rolebinding pullgate-pull-secrets -n shop --clusterrole=pullgate-pull-secrets --serviceaccount=pullgate-system:pullgate',
  ],
  [
    'not read',
    { ...secretField, state: 'unverified', why: 'it is not in the input' },
    'secret-unverified: Not known whether the pull secret shop/regcred exists: it is not in the input. Look for yourself: kubectl get secret regcred -n shop',
  ],
]

t.test('pull-secrets', async (t) => {
  for (const [what, secret, said] of secretCases)
    t.strictSame(told('pull-secrets', withSecrets([secret])), [said], what)
})

t.test('pull-secrets: the command names the registry of the first image that is one', async (t) => {
  const serverOf = (...images: string[]) =>
    /--docker-server=(\S+)/.exec(
      told('pull-secrets', withSecrets([absentSecret], undefined, factsOf(images)))[0] ?? '',
    )?.[1]
  t.equal(serverOf('nginx:1'), 'https://index.docker.io/v1/')
  t.equal(serverOf('Not:a:reference', 'ghcr.io/acme/pay:v1'), 'ghcr.io')
  t.equal(serverOf('reg.example:5000/pay:v1', 'ghcr.io/acme/pay:v1'), 'reg.example:5000')
  t.equal(serverOf('Not:a:reference'), 'REGISTRY')
})

const account = (state: ServiceAccountFact['state'], why?: string): ServiceAccountFact => ({
  name: 'cashier',
  state,
  ...(why === undefined ? {} : { why }),
})

const accountCases: readonly (readonly [ServiceAccountFact, readonly string[]])[] = [
  [account('unused'), []],
  [account('read'), ['pass']],
  [
    account('absent'),
    [
      'service-account-absent: The ServiceAccount cashier does not exist in namespace shop, so its pull secrets are not known. Create it: kubectl create serviceaccount cashier -n shop',
    ],
  ],
  [
    account('unreadable'),
    [
      'service-account-unreadable: Pullgate is not allowed to read the ServiceAccount shop/cashier, so its pull secrets are not known. Allow it: kubectl create rolebinding pullgate-pull-secrets -n shop --clusterrole=pullgate-pull-secrets --serviceaccount=pullgate-system:pullgate',
    ],
  ],
  [
    account('unverified'),
    [
      'cluster-unavailable: The cluster could not be asked: ServiceAccount shop/cashier could not be read. Try again; check that Pullgate reaches the API server.',
    ],
  ],
  [
    account('unverified', 'the API server answered 503'),
    [
      'cluster-unavailable: The cluster could not be asked: the API server answered 503. Try again; check that Pullgate reaches the API server.',
    ],
  ],
]

t.test('pull-secrets: the service account', async (t) => {
  const facts = factsOf(undefined, 'Deployment')
  for (const [fact, said] of accountCases)
    t.strictSame(told('pull-secrets', withSecrets([], fact, facts)), said, `${fact.state} ${fact.why ?? ''}`)
  const [ofAccount, ofSecret] = judgedBy('pull-secrets', withSecrets([absentSecret], account('read'), facts))
  t.match(ofAccount, { fieldPath: 'spec.template.spec.serviceAccountName', outcome: 'pass' })
  t.match(ofSecret, { fieldPath: secretField.fieldPath, cause: { id: 'secret-absent', account: 'cashier' } })
})

const probed: readonly (readonly [
  what: string,
  known: { probe: ReturnType<typeof probeOf> } | { unasked: Unasked },
  said: RegExp,
])[] = [
  ['found', outcomeOf(found), /^pass$/],
  [
    'absent',
    outcomeOf(tagAbsent),
    /^tag-absent: There is no tag v1 in reg\.example\/pay\. Push v1 first, or correct the tag\.$/,
  ],
  [
    'no answer',
    outcomeOf(timedOut),
    /^registry-timeout: Not known whether reg\.example\/pay can be pulled: reg\.example did not answer/,
  ],
  ['never pulled', { unasked: 'never-pulled' }, /^skip: imagePullPolicy is Never$/],
  ['blank', { unasked: 'blank' }, /^skip: blank in a template$/],
  ['malformed secret', { unasked: 'secret-malformed' }, /^skip: a pull secret does not decode$/],
  ['unread secret', { unasked: 'secret-unread' }, /^skip: a pull secret or service account could not be read$/],
  ['nothing remembered', { unasked: 'not-remembered' }, /^skip: not in memory, and nobody was to be asked$/],
]

t.test('image-pullable', async (t) => {
  const facts = factsOf()
  for (const [what, known, said] of probed) {
    const images = facts.images.map(({ use, reference }) => ({
      use,
      reference,
      nodeCredentials: false,
      proxyCache: false,
      ...known,
    }))
    t.match(told('image-pullable', { ...facts, images })[0], said, what)
  }
})
