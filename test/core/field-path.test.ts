import fc from 'fast-check'
import t from 'tap'
import { isFieldPath, parseFieldPath, walk } from '../../src/core/field-path.ts'

const pathOf = (text: string) => {
  const path = parseFieldPath(text)
  if ('invalid' in path) throw new Error(`${text}: ${path.invalid}`)
  return path
}

const accepted: Readonly<Record<string, readonly string[]>> = {
  spec: ['spec'],
  'spec.template.spec': ['spec', 'template', 'spec'],
  'spec.templates[].container.image': ['spec', 'templates', '[]', 'container', 'image'],
  'spec.pullSecrets[]': ['spec', 'pullSecrets', '[]'],
  'spec.replicaSpecs{*}.template.spec': ['spec', 'replicaSpecs', '{*}', 'template', 'spec'],
  'spec.steps[][].inline': ['spec', 'steps', '[]', '[]', 'inline'],
  'spec.by-zone{*}[].image': ['spec', 'by-zone', '{*}', '[]', 'image'],
}

t.test('paths that are accepted', async (t) => {
  for (const [text, steps] of Object.entries(accepted)) {
    t.strictSame(parseFieldPath(text), { steps }, text)
    t.ok(isFieldPath(text))
  }
})

const refused: readonly (readonly [text: string, why: RegExp])[] = [
  ['', /name is missing/],
  ['.spec', /name is missing/],
  ['spec.', /name is missing/],
  ['spec..image', /name is missing/],
  ['[].image', /"\[\]" is no step/],
  ['{*}', /no step/],
  ['spec.templates[0].image', /"templates\[0\]" is no step; write a field name, then \[\]/],
  ['spec.templates[*].image', /no step/],
  ['spec.map{}.image', /no step/],
  ['spec.templates[]image', /no step/],
  ['spec template', /no step/],
  ['spec.a\nb', /no step/],
  ['a'.repeat(513), /longer than 512/],
  [Array.from({ length: 65 }, () => 'a').join('.'), /more than 64/],
]

t.test('paths that are not, and why', async (t) => {
  for (const [text, why] of refused) {
    const path = parseFieldPath(text)
    t.match('invalid' in path ? path.invalid : 'accepted', why, text)
    t.notOk(isFieldPath(text))
  }
})

const object = {
  spec: {
    image: 'a',
    nothing: null,
    templates: [{ name: 'first', image: 'b' }, { image: 'c' }, 'no object', { name: 'last' }],
    steps: [[{ image: 'd' }], [{ name: 'x', image: 'e' }, { image: 'f' }]],
    roles: { Worker: { image: 'g' }, 'a.b/c': { image: 'h' } },
  },
}

const found: Readonly<Record<string, readonly (readonly [value: unknown, fieldPath: string, place: string])[]>> = {
  'spec.image': [['a', 'spec.image', 'spec.image']],
  'spec.nothing': [],
  'spec.missing.image': [],
  'spec.templates[].image': [
    ['b', 'spec.templates[0].image', 'spec.templates[first].image'],
    ['c', 'spec.templates[1].image', 'spec.templates[1].image'],
  ],
  'spec.steps[][].image': [
    ['d', 'spec.steps[0][0].image', 'spec.steps[0][0].image'],
    ['e', 'spec.steps[1][0].image', 'spec.steps[1][x].image'],
    ['f', 'spec.steps[1][1].image', 'spec.steps[1][1].image'],
  ],
  'spec.roles{*}.image': [
    ['g', 'spec.roles.Worker.image', 'spec.roles.Worker.image'],
    ['h', 'spec.roles["a.b/c"].image', 'spec.roles["a.b/c"].image'],
  ],
  'spec.templates{*}.image': [],
  'spec.roles[].image': [],
  'spec.image[].image': [],
  'spec.image.length': [],
  '__proto__.image': [],
  'spec.constructor': [],
}

t.test('values with where they lie', async (t) => {
  for (const [text, expected] of Object.entries(found)) {
    t.strictSame(
      walk(object, pathOf(text)).map(({ value, fieldPath, place }) => [value, fieldPath, place]),
      expected,
      text,
    )
  }
  t.equal(walk(object, pathOf('spec.image'))[0]?.within, object.spec)
})

t.test('no more than 512, however large the object', async (t) => {
  const many = Array.from({ length: 1000 }, () => ({ list: Array.from({ length: 1000 }, () => 'x') }))
  t.equal(walk({ many }, pathOf('many[].list[]')).length, 512)
  t.equal(walk(Object.fromEntries(many.map((value, index) => [`k${index}`, value])), pathOf('k1.list[]')).length, 512)
  t.equal(walk({ map: Object.fromEntries(many.map((_, index) => [`k${index}`, 1])) }, pathOf('map{*}')).length, 512)
})

t.test('no text and no JSON makes it throw, and fields have no inherited names', async (t) => {
  const step = fc.constantFrom('spec', 'a', '__proto__', 'constructor', 'a[]', 'a{*}', 'a[][]')
  const path = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => steps.join('.'))
  const letter = fc.constantFrom('spec', 'a', 'name', '__proto__')
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(fc.jsonValue(), fc.array(tie('tree')), fc.dictionary(letter, tie('tree'))),
  }))
  fc.assert(
    fc.property(fc.string(), (text) => {
      const parsed = parseFieldPath(text)
      return 'steps' in parsed ? walk({}, parsed).length === 0 : parsed.invalid !== ''
    }),
  )
  fc.assert(
    fc.property(path, tree, (text, value) =>
      walk(value, pathOf(text)).every(({ value, fieldPath }) => value !== undefined && fieldPath !== ''),
    ),
  )
  t.pass()
})
