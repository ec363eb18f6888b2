import fc from 'fast-check'
import t from 'tap'
import {
  auditAnnotations,
  denialMessage,
  findingLine,
  warningLine,
  warningTexts,
} from '../../src/webhook/answer-text.ts'
import { anyFinding, finding } from './findings.ts'

const auditKey = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/
const control = /\p{Cc}|\p{Cs}/u
const manyFindings = fc.array(anyFinding, { maxLength: 60 })

await t.test('a finding reads as field path, image, what is wrong, what to do', async (t) => {
  t.equal(
    findingLine(finding()),
    'spec.template.spec.containers[0].image "reg.example/pay:v2.1.3": There is no tag v2.1.3 in reg.example/pay. Did you mean v2.1.2? Otherwise push v2.1.3 first.',
  )
  t.equal(
    findingLine(
      finding({ fieldPath: 'spec.imagePullSecrets[0].name', image: '', message: 'It is absent', remedy: '' }),
    ),
    'spec.imagePullSecrets[0].name: It is absent',
    'without an image there is nothing to quote',
  )
  t.match(findingLine(finding({ message: 'No full stop', remedy: 'Mend it.' })), /: No full stop\. Mend it\.$/)
})

await t.test('every finding has a line of its own below the prefix of the API server', async (t) => {
  t.equal(denialMessage([finding()]), `\n  ${findingLine(finding())}`)
  const second = finding({ fieldPath: 'spec.template.spec.containers[1].image' })
  t.equal(denialMessage([finding(), second]), `\n  ${findingLine(finding())}\n  ${findingLine(second)}`)
})

await t.test('advice is the last line, whatever the findings', async (t) => {
  t.equal(denialMessage([finding()], 'Do this.'), `\n  ${findingLine(finding())}\n  Do this.`)
  t.match(denialMessage([finding(), finding()], 'Do this.'), /\n {2}Do this\.$/)
  const enormous = finding({ message: 'm'.repeat(5000) })
  for (const findings of [[enormous], [enormous, finding()], Array.from({ length: 60 }, () => finding())]) {
    const message = denialMessage(findings, 'Do this.')
    t.match(message, /\n {2}Do this\.$/)
    t.match(message, 'spec.template.spec', 'the findings come first')
    t.ok(message.length <= 2048 && message.length > 1700, String(message.length))
  }
})

await t.test('a long denial keeps the worst findings whole and counts the rest', async (t) => {
  const findings = Array.from({ length: 40 }, (_, index) => finding({ fieldPath: `spec.containers[${index}].image` }))
  const lines = denialMessage(findings).split('\n  ').slice(1)
  const kept = lines.slice(0, -1)
  t.same(kept, findings.slice(0, kept.length).map(findingLine))
  t.equal(lines.at(-1), `and ${40 - kept.length} more findings`)
  t.ok(kept.length > 10)
})

await t.test('one enormous finding is cut, and does not hide that there are more', async (t) => {
  const enormous = finding({ message: 'm'.repeat(5000) })
  t.match(denialMessage([enormous]), /^\n {2}spec\.template.*m…/)
  t.match(denialMessage([enormous, finding()]), /…\n {2}and 1 more finding$/)
})

await t.test('a warning gives up the long image and the remedy before it is cut', async (t) => {
  const image = `reg.example/${'a'.repeat(400)}:v1`
  const line = warningLine(finding({ image }))
  t.match(line, /^spec\.template\.spec\.containers\[0\]\.image "reg\.example\/a{51}…": There is no tag/)
  t.match(line, /push v2\.1\.3 first\.$/)
  t.equal(
    warningLine(finding({ remedy: 'r'.repeat(300) })).endsWith('reg.example/pay.'),
    true,
    'whole without the remedy',
  )
})

await t.test('too many warnings: the last one says how many were left out', async (t) => {
  const texts = warningTexts(
    Array.from({ length: 50 }, (_, index) => finding({ fieldPath: `f${index}`, message: 'm'.repeat(300) })),
    ['bypassed'],
  )
  t.equal(texts[0], 'bypassed', 'what concerns the whole object comes first')
  t.equal(texts.at(-1), `and ${51 - (texts.length - 1)} more findings`)
})

await t.test('audit annotations: one per cause, naming each field once', async (t) => {
  t.strictSame(
    auditAnnotations(
      [
        finding({ fieldPath: 'a' }),
        finding({ fieldPath: 'b' }),
        finding({ fieldPath: 'a' }),
        finding({ cause: 'rate-limited' }),
      ],
      { exempt: 'user', 'tag-absent': 'never replaces' },
    ),
    { 'tag-absent': 'a, b', 'rate-limited': 'spec.template.spec.containers[0].image', exempt: 'user' },
  )
})

await t.test('the message fits for any findings', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(manyFindings, fc.constantFrom(undefined, 'Do this.'), (findings, advice) => {
        const message = denialMessage(findings, advice)
        const lines = message.split('\n')
        return (
          message.length <= 2048 &&
          message.length > 0 &&
          !control.test(message.replaceAll('\n', '')) &&
          lines.length <= findings.length + (advice === undefined ? 2 : 3)
        )
      }),
    )
  })
})

await t.test('the warnings fit for any findings', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(manyFindings, fc.array(fc.string(), { maxLength: 3 }), (findings, notices) => {
        const texts = warningTexts(findings, notices)
        const together = texts.reduce((sum, text) => sum + text.length, 0)
        return together < 4096 && texts.every((text) => text !== '' && text.length <= 256 && !control.test(text))
      }),
    )
  })
})

await t.test('the audit annotations fit for any findings, and no key is dropped by the API server', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(manyFindings, fc.dictionary(fc.string(), fc.string()), (findings, others) =>
        Object.entries(auditAnnotations(findings, others)).every(
          ([key, value]) => auditKey.test(key) && value.length <= 1024 && !control.test(value),
        ),
      ),
    )
  })
})

await t.test('an image string is never shown longer than 256 characters', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(
      fc.property(fc.integer({ min: 257, max: 3000 }), (length) => {
        const shown = /"(.*)"/.exec(findingLine(finding({ image: 'i'.repeat(length) })))?.[1] ?? ''
        return shown.length === 256 && shown.endsWith('…')
      }),
    )
  })
})
