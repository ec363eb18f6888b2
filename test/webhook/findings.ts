import fc from 'fast-check'
import type { Decision, Finding } from '../../src/core/decision.ts'
import type { Judged } from '../../src/webhook/judge.ts'

export const finding = (changes: Partial<Finding> = {}): Finding => ({
  check: 'image-pullable',
  cause: 'tag-absent',
  certainty: 'certain',
  mode: 'enforce',
  fieldPath: 'spec.template.spec.containers[0].image',
  image: 'reg.example/pay:v2.1.3',
  message: 'There is no tag v2.1.3 in reg.example/pay.',
  remedy: 'Did you mean v2.1.2? Otherwise push v2.1.3 first.',
  suggestions: ['v2.1.2'],
  ...changes,
})

export const decision = (changes: Partial<Decision> = {}): Decision => ({
  allowed: true,
  denials: [],
  warnings: [],
  audits: [],
  ...changes,
})

export const denied = (...denials: Finding[]): Decision => decision({ allowed: false, denials })

export const judged = (changes: Partial<Judged> = {}): Judged => ({
  decision: decision(),
  outcome: 'evaluated',
  ...changes,
})

/** Anything a stranger might get into a text: controls, line breaks, halves of surrogate pairs, and much of it. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc.integer({ min: 0, max: 5000 }).map((length) => 'x'.repeat(length)),
)

export const anyFinding: fc.Arbitrary<Finding> = fc.record({
  check: fc.constantFrom<Finding['check'][]>('image-pullable', 'latest-tag'),
  // Also what is no cause yet: more of them may be added.
  cause: fc.oneof(fc.constantFrom('tag-absent', 'registry-timeout'), anyText) as fc.Arbitrary<Finding['cause']>,
  certainty: fc.constantFrom('certain', 'unknown'),
  mode: fc.constantFrom('enforce', 'warn', 'audit'),
  fieldPath: anyText,
  image: anyText,
  message: anyText,
  remedy: anyText,
  suggestions: fc.constant([]),
})
