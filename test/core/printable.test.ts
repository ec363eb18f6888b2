import fc from 'fast-check'
import t from 'tap'
import { imageLimit, printable, printableImage } from '../../src/core/printable.ts'

const cases: readonly (readonly [what: string, text: string, shown: string])[] = [
  ['plain text', 'reg.example/pay:v1', 'reg.example/pay:v1'],
  ['letters of any script', 'größe 画像', 'größe 画像'],
  ['a line break', 'a\nb\r\nc', 'a b  c'],
  ['a terminal escape', '\u001b[31mred\u0007', ' [31mred '],
  ['a null and a delete', 'a\u0000b\u007fc', 'a b c'],
  ['C1 controls', 'a\u0085b\u009bc', 'a b c'],
  ['line and paragraph separators', 'a\u2028b\u2029c', 'a b c'],
  ['text turned around', 'a\u202egpj.exe\u2066b\u200fc', 'a gpj.exe b c'],
  ['a byte order mark', '\ufeffa', ' a'],
  ['a whole pair', '🐳', '🐳'],
  ['half a pair', 'a\ud83d b\udc33', 'a� b�'],
]

t.test('what is not fit to show', async (t) => {
  for (const [what, text, shown] of cases) t.equal(printable(text, 100), shown, what)
})

t.test('what is too long ends in an ellipsis', async (t) => {
  t.equal(printable('abcde', 5), 'abcde')
  t.equal(printable('abcdef', 5), 'abcd…')
  t.equal(printable('abc🐳🐳', 5), 'abc�…', 'a pair that the cut divides leaves no half')
  t.equal(printableImage('x'.repeat(256)), 'x'.repeat(256))
  t.equal(printableImage('x'.repeat(257)), `${'x'.repeat(255)}…`)
  t.equal(imageLimit, 256)
})

// Half a pair does not survive UTF-8.
const isWellFormed = (text: string): boolean => text === Buffer.from(text, 'utf8').toString('utf8')

t.test('any text becomes one bounded line that is valid in a header and means the same when shown twice', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.integer({ min: 1, max: 260 }), (text, limit) => {
      const shown = printable(text, limit)
      return (
        shown.length <= limit &&
        !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(shown) &&
        isWellFormed(shown) &&
        printable(shown, limit) === shown
      )
    }),
  )
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) =>
      isWellFormed(printable(String.fromCharCode(...units), 1000)),
    ),
  )
  t.pass()
})
