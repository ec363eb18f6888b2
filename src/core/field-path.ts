/**
 * Where something lies in the objects of a kind, as data: field names joined by dots, `[]` for each element of a list and
 * `{*}` for each value of a map, such as `spec.templates[].container.image` and `spec.replicaSpecs{*}.template.spec`.
 */
import { printable } from './printable.ts'
import { at, exists, isRawObject, textAt } from './raw-object.ts'

export type FieldPath = { readonly steps: readonly string[] }
export type InvalidFieldPath = { readonly invalid: string }

/** One value that a path leads to. */
export type Found = {
  readonly value: unknown
  /** As a user would find it: `spec.templates[2].container.image`. */
  readonly fieldPath: string
  /** The same with the names of list elements that have one, so that it stays when elements are added or reordered. */
  readonly place: string
  /** The object or list that holds the value. */
  readonly within: unknown
}

const eachElement = '[]'
const eachValue = '{*}'
// Names cannot hold brackets, braces or dots, so the two marks above are never taken for names.
const stepForm = /^([^.[\]{}\s]+)((?:\[\]|\{\*\})*)$/
const longestText = 512
const mostSteps = 64

const whyNotAStep = (step: string): string =>
  step === ''
    ? 'a field name is missing'
    : `"${printable(step, 64)}" is no step; write a field name, then [] for each element of a list or {*} for each value of a map`

export const parseFieldPath = (text: string): FieldPath | InvalidFieldPath => {
  if (text.length > longestText) return { invalid: `it is longer than ${longestText} characters` }
  const steps: string[] = []
  for (const part of text.split('.')) {
    const [, name, marks = ''] = stepForm.exec(part) ?? []
    if (name === undefined) return { invalid: whyNotAStep(part) }
    steps.push(name, ...(marks.match(/\[\]|\{\*\}/g) ?? []))
  }
  return steps.length > mostSteps ? { invalid: `it has more than ${mostSteps} steps` } : { steps }
}

export const isFieldPath = (text: string): boolean => 'steps' in parseFieldPath(text)

// An object of the API has no more than three megabytes, but a list in it may have a million elements.
const mostFound = 512

const plainKey = /^[\w-]{1,63}$/
const joined = (path: string, key: string): string => {
  if (!plainKey.test(key)) return `${path}["${printable(key, 63)}"]`
  return path === '' ? key : `${path}.${key}`
}

const below = (from: Found, key: string): Found => ({
  value: at(from.value, key),
  fieldPath: joined(from.fieldPath, key),
  place: joined(from.place, key),
  within: from.value,
})

const elementsOf = (from: Found): readonly Found[] =>
  Array.isArray(from.value)
    ? from.value.slice(0, mostFound).map((value: unknown, index) => ({
        value,
        fieldPath: `${from.fieldPath}[${index}]`,
        place: `${from.place}[${textAt(value, 'name') || index}]`,
        within: from.value,
      }))
    : []

const valuesOf = (from: Found): readonly Found[] =>
  isRawObject(from.value)
    ? Object.keys(from.value)
        .slice(0, mostFound)
        .map((key) => below(from, key))
    : []

const onwards = (from: Found, step: string): readonly Found[] => {
  if (step === eachElement) return elementsOf(from)
  return step === eachValue ? valuesOf(from) : [below(from, step)]
}

/** What lies at a path, in the order of the object: nothing where a step is missing or of another shape, and 512 at most. */
export const walk = (object: unknown, { steps }: FieldPath): readonly Found[] => {
  let found: readonly Found[] = [{ value: object, fieldPath: '', place: '', within: undefined }]
  for (const step of steps) {
    found = found
      .flatMap((from) => onwards(from, step))
      .filter(({ value }) => exists(value))
      .slice(0, mostFound)
  }
  return found
}
