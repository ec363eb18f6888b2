import fc from 'fast-check'
import t from 'tap'
import { parseChallenges } from '../../src/registry/challenge.ts'

const read = (header: string | string[] | undefined) =>
  parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)])

t.test('each line is one challenge, the preferred first', async (t) => {
  const table: [string | string[] | undefined, unknown][] = [
    [undefined, []],
    ['', []],
    ['Basic', [['basic', {}]]],
    ['BASIC realm="x"', [['basic', { realm: 'x' }]]],
    ['Negotiate abc', []],
    [
      'Bearer realm="https://a.test/token",service="s",scope="repository:a:pull"',
      [['bearer', { realm: 'https://a.test/token', service: 's', scope: 'repository:a:pull' }]],
    ],
    ['bearer REALM=plain , Service = late', [['bearer', { realm: 'plain' }]]],
    ['Bearer realm=https://a.test', [['bearer', { realm: 'https' }]]],
    ['Bearer realm="a\\"b\\\\c"', [['bearer', { realm: 'a"b\\c' }]]],
    ['Bearer realm="unterminated', [['bearer', { realm: '' }]]],
    ['Bearer realm="ends in an escape\\', [['bearer', { realm: '' }]]],
    ['Bearer realm="a",realm="b"', [['bearer', { realm: 'b' }]]],
    ['Bearer realm="a" service="b"', [['bearer', { realm: 'a' }]]],
    ['Bearer ="a"', [['bearer', {}]]],
    ['Bearer realm', [['bearer', {}]]],
    ['Bearer,Basic', [['bearer', {}]]],
    ['  Bearer realm="a"', []],
    ['Basic realm="a", Bearer realm="b"', [['basic', { realm: 'a' }]]],
    [
      ['Basic realm="a"', 'Digest realm="d"', 'Bearer realm="b"'],
      [
        ['bearer', { realm: 'b' }],
        ['digest', { realm: 'd' }],
        ['basic', { realm: 'a' }],
      ],
    ],
    [`Bearer realm="${'x'.repeat(8192)}"`, []],
  ]
  for (const [header, challenges] of table) t.same(read(header), challenges, String(header).slice(0, 60))
  t.equal(parseChallenges(Array.from({ length: 50 }, () => 'Basic')).length, 16)
})

t.test('any text is survived', async () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.string().map((tail) => `Bearer ${tail}`),
      ),
      (line) => {
        parseChallenges(line)
      },
    ),
  )
})

t.test('what is quoted is read back', async () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (value) => {
      const [challenge] = parseChallenges(`Bearer realm="${value.replace(/["\\]/g, '\\$&')}"`)
      return challenge?.parameters.get('realm') === value
    }),
  )
})

t.test('the worst lines end at once', async (t) => {
  // A pattern that backtracks would not come back from these at all.
  for (const unit of ['\\', '"', '\\"', 'a=', 'a="', ' ', ',', 'a=b,']) {
    parseChallenges(`Bearer ${unit.repeat(8000 / unit.length)}`)
  }
  t.pass()
})
