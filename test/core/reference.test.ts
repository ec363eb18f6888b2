import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  formatReference,
  isInvalid,
  isOnDockerHub,
  nameOf,
  parseReference,
  pullTarget,
  type Reference,
  registryHostOf,
  repositoryOf,
} from '../../src/core/reference.ts'

type Vector = {
  readonly input: string
  readonly valid: boolean
  readonly domain: string
  readonly path: string
  readonly tag: string
  readonly digest: string
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/vectors/references.json'), 'utf8'),
) as readonly Vector[]

const sha256 = `sha256:${'0123456789abcdef'.repeat(4)}`

const parsed = (image: string): Reference => {
  const reference = parseReference(image)
  if (isInvalid(reference)) throw new Error(`${image}: ${reference.invalid}`)
  return reference
}

t.test('every vector of distribution/reference', async (t) => {
  t.equal(vectors.length, 335)
  for (const { input, valid, domain, path, tag, digest } of vectors) {
    const reference = parseReference(input)
    const name = `${valid ? 'valid' : 'invalid'}: ${JSON.stringify(input.slice(0, 80))}`
    if (isInvalid(reference)) {
      t.notOk(valid, `${name} (${reference.invalid})`)
      continue
    }
    const target = pullTarget(reference)
    const found = {
      valid: true,
      domain: reference.domain,
      path: reference.path,
      tag: reference.tag ?? (target.kind === 'tag' ? target.tag : ''),
      digest: reference.digest ?? '',
    }
    t.strictSame(found, { valid, domain, path, tag, digest }, name)
  }
})

const sentences: readonly (readonly [image: string, sentence: string])[] = [
  ['', 'it is empty'],
  [' nginx', 'it begins with whitespace'],
  ['nginx\n', 'it ends with whitespace'],
  ['ng inx', 'it contains whitespace'],
  ['nginx:la\ttest', 'it contains whitespace'],
  ['/nginx', 'it begins with "/", so the registry or the first part of the name is missing'],
  [':v1', 'it begins with ":", so the name is missing'],
  [`@${sha256}`, 'it begins with "@", so the name is missing'],
  ['nginx/', 'it ends with "/", so the last part of the name is missing'],
  ['nginx:', 'it ends with ":", so the tag is missing'],
  ['nginx:v1@', 'it ends with "@", so the digest is missing'],
  [`nginx:@${sha256}`, 'the tag after ":" is missing'],
  ['${IMAGE}', 'it contains the placeholder "${IMAGE}", which nothing has filled in'],
  ['$(IMAGE):v1', 'it contains the placeholder "$(IMAGE)", which nothing has filled in'],
  ['nginx:{{ .Values.tag }}', 'it contains the placeholder "{{ .Values.tag }}", which nothing has filled in'],
  ['https://quay.io/x', 'it begins with "https://", and an image reference has no URL scheme'],
  ['docker://nginx', 'it begins with "docker://", and an image reference has no URL scheme'],
  ['ab'.repeat(32), 'it consists of 64 hexadecimal digits, which are read as an image ID and not as a name'],
  ['нginx', 'it contains the character "<U+043D>", which is not ASCII'],
  ['NGINX:v1', '"NGINX" contains upper-case letters, and a repository name has none'],
  ['ghcr.io/Owner/app', '"Owner" contains upper-case letters, and a repository name has none'],
  ['a//b', 'a part of the repository name is empty'],
  [
    'a/b___c',
    '"b___c" is not a part of a repository name: lower-case letters and digits, joined by ".", "_", "__" or "-"',
  ],
  [
    'a/\u001b[31m',
    '"<U+001B>[31m" is not a part of a repository name: lower-case letters and digits, joined by ".", "_", "__" or "-"',
  ],
  [`a/${'b'.repeat(254)}`, 'the repository name has 256 characters, more than the 255 that are allowed'],
  ['user:secret@quay.io/x', 'it has "@" before the registry host, and credentials belong in a pull secret'],
  ['ho_st:5000/x', 'the registry host "ho_st" is neither a DNS name nor an IPv6 address in brackets'],
  ['[::1%eth0]/x', 'the registry host "[::1%eth0]" is neither a DNS name nor an IPv6 address in brackets'],
  ['[::1]', 'it names the registry "[::1]" but no image in it'],
  ['::1/x', 'the registry "::1" has more than one ":"; an IPv6 address is written in brackets'],
  ['quay.io:/x', 'the port number after "quay.io:" is missing'],
  ['quay.io:https/x', 'the registry port "https" is not a number'],
  ['nginx:v1+5', 'the tag "v1+5" contains "+", and a tag has only letters, digits, "_", "." and "-"'],
  ['nginx:v1:v2', 'the tag "v1:v2" contains ":", and a tag has only letters, digits, "_", "." and "-"'],
  ['nginx:.5', 'the tag ".5" begins with "."'],
  [`nginx:${'v'.repeat(129)}`, 'the tag has 129 characters, more than the 128 that are allowed'],
  ['nginx@v1', '"v1" after "@" is not a digest, which is written algorithm:hexadecimal'],
  ['nginx@md5:0', 'the digest algorithm "md5" is not one of sha256, sha384 and sha512'],
  ['nginx@toString:0', 'the digest algorithm "toString" is not one of sha256, sha384 and sha512'],
  [`nginx@${sha256}0`, 'the sha256 digest has 65 digits instead of 64'],
  [`nginx@${sha256.slice(0, -1)}g`, 'the digest contains "g", which is not a hexadecimal digit'],
  [
    `nginx@${sha256.replace('abcdef', 'ABCDEF')}`,
    'the digest has upper-case letters, and the hexadecimal digits of a digest are lower-case',
  ],
  [`nginx@${sha256}:v1`, 'something follows the digest; a tag is written before the "@"'],
]

t.test('what is wrong, in one sentence', async (t) => {
  for (const [image, sentence] of sentences)
    t.strictSame(parseReference(image), { invalid: sentence }, JSON.stringify(image))
})

t.test('only what is written is a tag, and a digest is pulled without it', async (t) => {
  t.strictSame(parsed('nginx'), { domain: 'docker.io', path: 'library/nginx' })
  t.strictSame(pullTarget(parsed('nginx')), { kind: 'tag', tag: 'latest' })
  t.strictSame(pullTarget(parsed('nginx:v1')), { kind: 'tag', tag: 'v1' })
  t.strictSame(pullTarget(parsed(`nginx:v1@${sha256}`)), { kind: 'digest', digest: sha256 })
})

const places: readonly (readonly [image: string, name: string, host: string, repository: string, onHub: boolean])[] = [
  ['nginx', 'docker.io/library/nginx', 'registry-1.docker.io', 'library/nginx', true],
  ['index.docker.io/a/b', 'docker.io/a/b', 'registry-1.docker.io', 'a/b', true],
  ['docker.io:443/nginx', 'docker.io:443/nginx', 'docker.io:443', 'nginx', false],
  ['DOCKER.IO/nginx', 'DOCKER.IO/nginx', 'DOCKER.IO', 'nginx', false],
  ['localhost:5000/a/b:v1', 'localhost:5000/a/b', 'localhost:5000', 'a/b', false],
  ['[::1]:5000/x', '[::1]:5000/x', '[::1]:5000', 'x', false],
  ['ho_st.com/a/b', 'ho_st.com/a/b', 'ho_st.com', 'a/b', false],
]

t.test('where containerd goes for an image', async (t) => {
  for (const [image, name, host, repository, onHub] of places) {
    const reference = parsed(image)
    t.strictSame(
      [nameOf(reference), registryHostOf(reference), repositoryOf(reference), isOnDockerHub(reference)],
      [name, host, repository, onHub],
      image,
    )
  }
})

const eightMegabytes = 8 * 1024 * 1024
const huge: readonly (readonly [what: string, image: string, valid: boolean])[] = [
  ['one letter', 'a'.repeat(eightMegabytes), false],
  ['path components', 'a/'.repeat(eightMegabytes / 2), false],
  ['separators', `a/${'_-.'.repeat(eightMegabytes / 3)}`, false],
  ['host labels', `${'a.'.repeat(eightMegabytes / 2)}b/x`, true],
  ['host label dashes', `${'a-'.repeat(eightMegabytes / 2)}a.b/x`, true],
  ['host label underscores', `${'a_'.repeat(eightMegabytes / 2)}a.b/x`, false],
  ['brackets', `[${':'.repeat(eightMegabytes)}]/x`, true],
  ['digest algorithm', `a@${'a+'.repeat(eightMegabytes / 2)}x`, false],
  ['digest', `a@sha256:${'a'.repeat(eightMegabytes)}`, false],
  ['placeholders', `${'${'.repeat(eightMegabytes / 2)}x`, false],
  ['whitespace', `a${' '.repeat(eightMegabytes)}a`, false],
]

t.test('megabytes are judged like the rest', async (t) => {
  for (const [what, image, valid] of huge) {
    const reference = parseReference(image)
    t.equal(!isInvalid(reference), valid, what)
    if (isInvalid(reference)) t.ok(reference.invalid.length < 250, `${what}: the sentence stays short`)
  }
})

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .array(fc.constantFrom('a', 'A', '/', ':', '@', '.', '_', '-', '[', ']', 'docker.io', 'sha256:', '${', '0'))
    .map((parts) => parts.join('')),
)

t.test('no text makes the parser throw, and every refusal is one printable line', async (t) => {
  fc.assert(
    fc.property(anyText, (image) => {
      const reference = parseReference(image)
      return !isInvalid(reference) || /^[\x20-\x7e…]+$/.test(reference.invalid)
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

const component = fc.stringMatching(/^[a-z0-9]+(?:(?:[._]|__|-{1,3})[a-z0-9]+){0,2}$/, { size: '-1' })
const validImage = fc
  .record({
    domain: fc.constantFrom(
      '',
      'docker.io/',
      'index.docker.io/',
      'localhost/',
      'Quay.io:5000/',
      '[::1]:80/',
      'ho_st.com/',
      'UP/',
    ),
    path: fc.array(component, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: undefined }),
    digest: fc.option(fc.constant(sha256), { nil: undefined }),
  })
  .map(({ domain, path, tag, digest }) => ({
    image: domain + path + (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`),
    tag,
    digest,
  }))

t.test('formatting is the inverse of parsing', async (t) => {
  fc.assert(
    fc.property(validImage, ({ image, tag, digest }) => {
      const reference = parsed(image)
      t.strictSame({ tag: reference.tag, digest: reference.digest }, { tag, digest })
      t.strictSame(parsed(formatReference(reference)), reference)
      t.equal(formatReference(parsed(formatReference(reference))), formatReference(reference))
    }),
  )
})

t.test('host and repository together are the name, but for Docker Hub', async (t) => {
  fc.assert(
    fc.property(validImage, ({ image }) => {
      const reference = parsed(image)
      const host = isOnDockerHub(reference) ? 'docker.io' : registryHostOf(reference)
      t.equal(`${host}/${repositoryOf(reference)}`, nameOf(reference))
    }),
  )
})
