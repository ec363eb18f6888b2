import fc from 'fast-check'
import t from 'tap'
import { globMatcher, imageGlobMatcher, isGlob } from '../src/config-globs.ts'

t.test('a star stays within a path segment, two cross', async (t) => {
  const table: readonly (readonly [glob: string, text: string, matches: boolean])[] = [
    ['kube-system', 'kube-system', true],
    ['kube-system', 'kube-system-2', false],
    ['team-*', 'team-a', true],
    ['team-*', 'my-team-a', false],
    ['*', 'shop', true],
    ['ghcr.io/*', 'ghcr.io/pay:1', true],
    ['ghcr.io/*', 'ghcr.io/acme/pay:1', false],
    ['ghcr.io/**', 'ghcr.io/acme/pay:1', true],
    ['ghcr.io/**', 'ghcr.io.evil.example/acme/pay:1', false],
    ['**/pause:*', 'registry.k8s.io/pause:3.10', true],
    ['*.internal/**', 'reg.internal/pay', true],
    ['*.internal/**', 'reg.internal.evil.example/pay', false],
    ['{a,b}.example/*', 'b.example/pay', true],
    ['a?c', 'abc', true],
    ['a.c', 'abc', false],
    ['.hidden/*', '.hidden/.x', true],
    ['Shop', 'shop', false],
  ]
  for (const [glob, text, expected] of table) t.equal(globMatcher([glob])(text), expected, `${glob} ${text}`)
  t.equal(globMatcher([])('anything'), false)
  t.equal(globMatcher(['a', 'b'])('b'), true)
})

t.test('an image is compared as written, by its full name, and by that with its tag', async (t) => {
  const table: readonly (readonly [glob: string, image: string, matches: boolean])[] = [
    ['nginx', 'nginx', true],
    ['nginx', 'nginx:1.27', false],
    ['nginx:*', 'nginx:1.27', true],
    ['docker.io/library/nginx', 'nginx:1.27', true],
    ['docker.io/library/nginx:1.27', 'nginx:1.27', true],
    ['docker.io/library/nginx:1.27', `nginx:1.27@sha256:${'a'.repeat(64)}`, false],
    ['docker.io/library/nginx:1.27', 'nginx:1.28', false],
    ['docker.io/**', 'nginx', true],
    ['docker.io/**', 'acme/pay:v1', true],
    ['docker.io/**', 'ghcr.io/acme/pay:v1', false],
    ['ghcr.io/acme/pay', `ghcr.io/acme/pay@sha256:${'a'.repeat(64)}`, true],
    ['**', 'not a reference!!', true],
    ['**', 'x'.repeat(2000), false],
  ]
  const pinned = `reg.example/app:1.0@sha256:${'a'.repeat(64)}`
  t.notOk(imageGlobMatcher(['reg.example/app:1.0'])(pinned), 'beside a digest the tag says nothing')
  for (const glob of ['reg.example/app', `reg.example/app@sha256:${'a'.repeat(64)}`, 'reg.example/app:1.0@*', pinned])
    t.ok(imageGlobMatcher([glob])(pinned), glob)
  for (const [glob, image, expected] of table) t.equal(imageGlobMatcher([glob])(image), expected, `${glob} ${image}`)
  t.equal(imageGlobMatcher([])('nginx'), false)
})

t.test('what is no glob', async (t) => {
  for (const text of ['', '!kube-system', 'two words', 'a\n', '[a', '{a']) t.notOk(isGlob(text), JSON.stringify(text))
  for (const text of ['*', '**', 'a', '{a,b}', '[ab]c', 'ghcr.io/acme/pay:1.*', 'a(b)']) t.ok(isGlob(text), text)
})

t.test(
  'whatever is taken for a glob makes a predicate that never throws, and a plain name matches itself',
  async (t) => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 40 }),
        fc.string({ unit: 'binary', maxLength: 80 }),
        (glob, text) => {
          if (!isGlob(glob)) return
          globMatcher([glob])(text)
          imageGlobMatcher([glob])(text)
        },
      ),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/), (name) => globMatcher([name])(name)),
    )
    t.pass()
  },
)
