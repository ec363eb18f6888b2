import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { Login } from '../../src/core/credential.ts'
import { entryOf } from '../../src/core/docker-config.ts'
import { buildKeyring, joinKeyrings, type Keyring, keysOf, lookup } from '../../src/core/keyring.ts'
import { type DecodedSecret, decodePullSecret, labelOf } from '../../src/core/pull-secret.ts'
import { isInvalid, nameOf, parseReference } from '../../src/core/reference.ts'
import { imageMatcher } from '../../src/core/registry-key.ts'

type Pair = { readonly username: string; readonly password: string }
type Vector = {
  readonly dockerconfig: unknown
  readonly dockerconfigRaw?: string
  readonly secretType?: string
  readonly secrets?: readonly { readonly type: string; readonly data: Readonly<Record<string, string>> }[]
  readonly image: string
  readonly lookup: string
  readonly expected: readonly Pair[]
  readonly error?: string
  readonly order?: 'unspecified'
  readonly note?: string
  readonly source: string
}

const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/vectors/keyring.json'), 'utf8'),
) as readonly Vector[]

const configJson = 'kubernetes.io/dockerconfigjson'
const dockercfg = 'kubernetes.io/dockercfg'
const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')

const decode = (document: string | Uint8Array, type = configJson): DecodedSecret =>
  decodePullSecret(type, { [type === dockercfg ? '.dockercfg' : '.dockerconfigjson']: base64(document) })

const pairs = (keyring: Keyring, name: string): readonly Pair[] =>
  lookup(keyring, name).map((credential) => credential.reveal())

const keyringOf = (...secrets: readonly DecodedSecret[]): Keyring =>
  buildKeyring(
    secrets.flatMap((secret, position) =>
      secret.kind === 'decoded' ? [{ label: `secret/shop/${position}`, entries: secret.entries }] : [],
    ),
  )

const secretsOf = (vector: Vector): readonly DecodedSecret[] =>
  vector.secrets?.map(({ type, data }) =>
    decodePullSecret(type, Object.fromEntries(Object.entries(data).map(([key, text]) => [key, base64(text)]))),
  ) ?? [decode(vector.dockerconfigRaw ?? JSON.stringify(vector.dockerconfig), vector.secretType)]

t.test('every vector of the kubelet', async (t) => {
  t.equal(vectors.length, 204)
  vectors.forEach((vector, position) => {
    const name = `${position}: ${vector.lookup} ${vector.note ?? ''}`
    const secrets = secretsOf(vector)
    const malformed = secrets.some(({ kind }) => kind === 'malformed')
    t.equal(malformed, vector.error !== undefined, `${name}: malformed or not`)
    const found = malformed ? [] : pairs(keyringOf(...secrets), vector.lookup)
    if (vector.order === 'unspecified') t.same(new Set(found), new Set(vector.expected), name)
    else t.strictSame(found, vector.expected, name)
  })
})

t.test('what is looked up is the normalised name of the image', async (t) => {
  const entries = [entryOf('docker.io/library', new Login('u', 'p'))]
  const keyring = buildKeyring([{ label: 'x', entries }])
  for (const { image, lookup: name } of vectors.filter(({ source }) => source.startsWith('derived'))) {
    const reference = parseReference(image)
    if (isInvalid(reference)) throw new Error(reference.invalid)
    t.equal(nameOf(reference), name, image)
    t.strictSame(lookup(keyring, reference), lookup(keyring, name), `${image} as a reference and as a name`)
  }
})

t.test('secrets that the kubelet skips', async (t) => {
  const good = base64('{"auths":{}}')
  const skipped: readonly (readonly [type: string, data: Readonly<Record<string, string>>, reason: string])[] = [
    ['Opaque', { '.dockerconfigjson': good }, 'its type is "Opaque", which is not a pull secret\'s'],
    [configJson, { '.dockercfg': good }, 'it has no key ".dockerconfigjson"'],
    [dockercfg, { '.dockerconfigjson': good }, 'it has no key ".dockercfg"'],
    [configJson, { '.dockerconfigjson': '' }, 'its key ".dockerconfigjson" is empty'],
    ['toString', {}, 'its type is "toString", which is not a pull secret\'s'],
  ]
  for (const [type, data, reason] of skipped)
    t.strictSame(decodePullSecret(type, data), { kind: 'ignored', reason }, `${type} ${Object.keys(data).join()}`)
})

const auth = (text: string): string => `{"auths":{"quay.io":{"auth":${JSON.stringify(text)}}}}`
const entry = 'data[".dockerconfigjson"], $.auths["quay.io"]'

t.test('what is malformed, where and why', async (t) => {
  const cases: readonly (readonly [document: string, where: string, why: string])[] = [
    ['{"auths":{}} x', 'data[".dockerconfigjson"]', 'it is not JSON (at character 14)'],
    [' ', 'data[".dockerconfigjson"]', 'it is not JSON (at character 2)'],
    ['\ufeff{}', 'data[".dockerconfigjson"]', 'it is not JSON (at character 1)'],
    ['[]', 'data[".dockerconfigjson"]', 'it must be an object and is an array'],
    ['{"auths":[]}', 'data[".dockerconfigjson"], $.auths', 'it must be an object and is an array'],
    ['{"HttpHeaders":{"X":1}}', 'data[".dockerconfigjson"], $.HttpHeaders["X"]', 'it must be a string and is a number'],
    ['{"auths":{"quay.io":"x"}}', entry, 'it must be an object and is a string'],
    ['{"auths":{"quay.io":{"PassWord":1}}}', `${entry}.password`, 'it must be a string and is a number'],
    [auth('user:pass'), `${entry}.auth`, 'it is not base64; it looks like username:password, not yet encoded'],
    [auth('dTpw '), `${entry}.auth`, 'it is not base64; it contains a space'],
    [
      auth('dTo_Pz8='),
      `${entry}.auth`,
      'it is not base64; it uses the URL-safe alphabet ("-" and "_" for "+" and "/")',
    ],
    [auth('dTpwcA='), `${entry}.auth`, 'it is not base64; its padding or its length is wrong'],
    [auth('dTpwd'), `${entry}.auth`, 'it is not base64; its padding or its length is wrong'],
    [auth('%%%'), `${entry}.auth`, 'it is not base64'],
    [auth('Zm9v'), `${entry}.auth`, 'it must be base64 of username:password, and the decoded text has no ":"'],
    [auth(base64(base64('u:p'))), `${entry}.auth`, 'it must be base64 of username:password, and it is encoded twice'],
  ]
  for (const [document, where, why] of cases)
    t.strictSame(decode(document), { kind: 'malformed', where, why }, document)
  const notBase64 = decodePullSecret(configJson, { '.dockerconfigjson': 'e30' })
  t.strictSame(notBase64, { kind: 'malformed', where: 'data[".dockerconfigjson"]', why: 'it is not base64' })
  const store = decode('{"credsStore":"desktop"}', dockercfg)
  t.strictSame(store, {
    kind: 'malformed',
    where: 'data[".dockercfg"], $["credsStore"]',
    why: 'it must be an object and is a string',
  })
})

t.test("Go's JSON", async (t) => {
  const user = (username: string) => ({ username, password: '' })
  const cases: readonly (readonly [document: string, found: readonly Pair[]])[] = [
    ['{"auths":{"q.io":{"username":"a"}},"auths":{"r.io":{}}}', [user('a')]],
    ['{"auths":{"q.io":{"username":"a"}},"AUTHS":null}', []],
    ['{"AUTHS":{"q.io":{"username":"a"}},"auths":{}}', [user('a')]],
    ['{"auth\u017f":{"q.io":{"u\u017fername":"a"}}}', [user('a')]],
    ['{"auths":{"q.io":{"username":"a","password":"p"},"q.io":{"username":"b"}}}', [user('b')]],
    ['{"auths":{"q.io":{"username":"a","username":null}}}', [user('a')]],
    ['{"auths":{"q.io":{"username":"a","USERNAME":"b"}}}', [user('b')]],
    ['{"auths":{"Q.io":{"username":"a"}}}', []],
    ['{"auths":{"q.io":{"username":"\\ud800x\\ud83d\\ude00"}}}', [user('\ufffdx😀')]],
    ['{"HttpHeaders":{"X":null},"auths":{"q.io":{"username":"a"}}}', [user('a')]],
    ['{"auths":{"\\u0071.io":{"username":"a"}}}', [user('a')]],
    ['{"x":[1,{"y":[true,null,-0.5e+3]},[]],"auths":{"q.io":{"username":"a"}}}', [user('a')]],
    ['{"__proto__":{"x":1},"auths":{"__proto__":{},"q.io":{"username":"a","__proto__":1}}}', [user('a')]],
  ]
  for (const [document, found] of cases) t.strictSame(pairs(keyringOf(decode(document)), 'q.io/x'), found, document)
})

t.test('documents that are no JSON, and the limit of nesting', async (t) => {
  const nested = (depth: number) => `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`
  t.equal(decode(nested(9_999)).kind, 'decoded')
  t.equal(decode(nested(10_000)).kind, 'malformed')
  t.equal(decode(`{"x":"${'\\n'.repeat(2_000_000)}"}`).kind, 'decoded')
  for (const broken of [
    '{',
    '{"a"}',
    '{"a":1,}',
    '[1,]',
    '{"a":01}',
    '{"a":.5}',
    '{a:1}',
    '"\u0001"',
    '"\\x"',
    '}',
    '1 2',
    '[}',
    '{]',
  ])
    t.equal(decode(`{"x":${broken}}`).kind, 'malformed', broken)
})

t.test('bytes that are no UTF-8', async (t) => {
  const broken = (...bytes: number[]) =>
    Buffer.concat([Buffer.from('{"auths":{"q.io":{"username":"u'), Buffer.from(bytes), Buffer.from('"}}}')])
  t.equal(pairs(keyringOf(decode(broken(0xff, 0xe2, 0x82))), 'q.io/x')[0]?.username, 'u\ufffd\ufffd\ufffd')
  const [kept] = lookup(keyringOf(decode(auth('dTpw/w=='))), 'quay.io/x')
  t.strictSame([kept?.isMisencoded, kept?.isAnonymous], [true, false])
  const [whole] = lookup(keyringOf(decode(auth('dTpww6k='))), 'quay.io/x')
  t.strictSame([whole?.isMisencoded, whole?.reveal().password], [false, 'pé'])
})

t.test('keys that net/url reads in its own way', async (t) => {
  const cases: readonly (readonly [key: string, name: string, matching: boolean])[] = [
    ['quay.io:', 'quay.io/team', true],
    ['quay.io/te%2561m', 'quay.io/team', true],
    ['quay.io/team%3Fx', 'quay.io/team', true],
    ['quay.io/team%23x', 'quay.io/team', true],
    ['quay.io/team%25', 'quay.io/team', false],
    ['quay.io/%76%31/', 'quay.io/team', true],
    ['quay.io/%zz', 'quay.io/team', false],
    ['quay.io#%zz', 'quay.io/team', false],
    ['us er@quay.io', 'quay.io/team', false],
    ['a:b:5000', 'a:b/x', false],
    ['[1::2::3]:5000', '[1::2::3]:5000/x', false],
    ['[dead:beef]:5000', '[dead:beef]:5000/x', false],
    ['[::ffff:1.2.3.4]:5000', '[::ffff:1.2.3.4]:5000/x', true],
    ['[1.2.3.4]:5000', '[1.2.3.4]:5000/x', false],
    ['*', '[::1]/x', true],
    ['[::A]', 'A/x', true],
    ['[::1%2525A-Z]', 'B/x', true],
    ['q\\uay.io', 'quay.io/x', false],
    ['a*c*e.io', 'abcde.io/x', true],
    ['a*cd*de.io', 'abcde.io/x', false],
    ['**.io', 'a.io/x', true],
    ['caf%C3%A9.io', 'café.io/x', true],
    ['caf%E9.io', 'café.io/x', false],
    ['a*a.io', 'a.io/x', false],
  ]
  for (const [key, name, matching] of cases) {
    const keyring = buildKeyring([{ label: 'x', entries: [entryOf(key, new Login('u', 'p'))] }])
    t.equal(lookup(keyring, name).length, matching ? 1 : 0, `${key} and ${name}`)
  }
})

t.test("a plugin's matchImages do not know /v1/ and the Docker Hub fallback", async (t) => {
  t.equal(imageMatcher(['*.dkr.ecr.*.amazonaws.com'])('1.dkr.ecr.eu-west-1.amazonaws.com/app'), true)
  t.equal(imageMatcher(['quay.io/v1/'])('quay.io/app'), false)
  t.equal(imageMatcher(['index.docker.io'])('docker.io/library/nginx'), false)
  t.equal(imageMatcher(['docker.io'])('docker.io/library/nginx'), true)
  t.equal(imageMatcher(['['])('docker.io/library/nginx'), false)
})

t.test('the Docker Hub credential is marked where it would leave Docker Hub', async (t) => {
  const keyring = keyringOf(decode('{"auths":{"https://index.docker.io/v1/":{"username":"hub"}}}'))
  const marks = (name: string) => lookup(keyring, name).map(({ viaHubFallback }) => viaHubFallback)
  t.strictSame(marks('docker.io/library/nginx'), [false])
  t.strictSame(marks('localhost/app'), [true])
  t.strictSame(marks('MYREG/app'), [true])
  t.strictSame(marks('index.docker.io.evil/app'), [])
})

t.test('a credential says where it comes from', async (t) => {
  const label = labelOf({ namespace: 'shop', name: 'regcred' })
  const entries = [entryOf('https://user:pa#ss@quay.io/v2/', new Login('u', 'p')), entryOf('%', new Login('u', 'p'))]
  const keyring = buildKeyring([{ label, entries }])
  t.strictSame(keysOf(keyring), ['https://…@quay.io/v2/', '%'])
  t.strictSame(lookup(keyring, 'quay.io/x'), [], 'a "#" in a password cuts the URL short')
  const [found] = lookup(buildKeyring([{ label, entries: [entryOf('quay.io/v2/', new Login('u', 'p'))] }]), 'quay.io/x')
  t.strictSame([found?.label, found?.matchedKey], ['secret/shop/regcred', 'quay.io/v2/'])
})

t.test('joined keyrings are asked in turn, each with its own fallback', async (t) => {
  const of = (key: string, username: string) =>
    buildKeyring([{ label: username, entries: [entryOf(key, new Login(username, ''))] }])
  const joined = joinKeyrings(of('index.docker.io', 'pod'), of('docker.io', 'node'))
  t.strictSame(
    pairs(joined, 'docker.io/library/nginx').map(({ username }) => username),
    ['pod', 'node'],
  )
  t.strictSame(keysOf(joined), ['index.docker.io', 'docker.io'])
})

t.test('longer keys first, within a key the order of secrets', async (t) => {
  const paths = fc.constantFrom('', '/t', '/team', '/team/', '/team/app', '/teal')
  const hosts = fc.constantFrom('quay.io', '*.io', 'q*.io', 'quay.*', 'other.io', 'é.io', '\u{10000}.io')
  const key = fc.tuple(hosts, paths).map((parts) => parts.join(''))
  fc.assert(
    fc.property(fc.array(key, { maxLength: 12 }), (keys) => {
      const sources = keys.map((key, position) => ({
        label: String(position),
        entries: [entryOf(key, new Login('u', ''))],
      }))
      const found = lookup(buildKeyring(sources), 'quay.io/team/app').map(({ label }) => Number(label))
      const expected = keys
        .map((key, position) => ({ key, position }))
        .filter(({ key }) => /^(?:quay\.io|\*\.io|q\*\.io|quay\.\*)(?:|\/t|\/team|\/team\/|\/team\/app)$/.test(key))
        .sort((a, b) => Buffer.compare(Buffer.from(b.key), Buffer.from(a.key)) || a.position - b.position)
        .map(({ position }) => position)
      t.strictSame(found, expected)
    }),
  )
})

const jsonish = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.json(),
  fc
    .array(
      fc.constantFrom('{', '}', '[', ']', ',', ':', '"', 'auths', '"auths"', '"auth"', 'null', '1', '\\', 'quay.io'),
    )
    .map((parts) => parts.join('')),
)

t.test('nothing makes decoding or looking up throw', async (t) => {
  fc.assert(
    fc.property(
      jsonish,
      fc.constantFrom(configJson, dockercfg),
      fc.string({ unit: 'binary' }),
      (document, type, name) => {
        lookup(keyringOf(decode(document, type)), name)
      },
    ),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (key, name) => {
      lookup(buildKeyring([{ label: 'x', entries: [entryOf(key, new Login('u', 'p'))] }]), name)
    }),
  )
  fc.assert(
    fc.property(fc.string(), fc.dictionary(fc.string(), fc.string()), (type, data) => {
      decodePullSecret(type, data)
    }),
  )
  t.pass()
})

t.test('a host of megabytes against a key of megabytes is answered at once', async (t) => {
  const key = `*${'a'.repeat(250_000)}b${'a'.repeat(250_000)}*.io`
  const keyring = buildKeyring([{ label: 'x', entries: [entryOf(key, new Login('u', 'p'))] }])
  t.strictSame(lookup(keyring, `${'a'.repeat(3_000_000)}.io/x`), [])
})

t.test('neither what decodes nor what does not shows a secret', async (t) => {
  const secret = 'c0ffee-5ecret'
  const documents = [
    `{"auths":{"quay.io":{"username":"${secret}","password":"${secret}"}}}`,
    `{"auths":{"https://${secret}:${secret}@quay.io":{}}}`,
    `{"auths":{"https://u:${secret}#${secret}@quay.io":{"auth":1}}}`,
    `{"auths":{"https://u:pa/${secret}@quay.io":{"auth":1}}}`,
    `{"auths":{"https://quay.io?token=${secret}":1}}`,
    auth(`user:${secret}`),
    auth(secret),
    auth(base64(secret)),
    auth(base64(`u:${secret}`)),
    auth(base64(base64(`u:${secret}`))),
    `{"auths":{"quay.io":"${secret}"}}`,
    `{"auths":{"quay.io":{"password":["${secret}"]}}}`,
    `{"auths":"${secret}"}`,
    `{"auths":{"quay.io":{"password":"${secret}}}}`,
    `{"HttpHeaders":{"Authorization":["${secret}"]}}`,
    secret,
    `"${secret}"`,
  ]
  for (const document of documents) {
    const decoded = decode(document)
    const shown = [decoded, keyringOf(decoded)].map(
      (value) => JSON.stringify(value) + inspect(value, { depth: Infinity, showHidden: true }),
    )
    for (const hidden of [secret, base64(secret), base64(`u:${secret}`)])
      t.notOk(shown.join('').includes(hidden), document)
  }
})
