/** Schema errors as sentences: the place in the file, what was found there, what is accepted, and the nearest known key. */
import type { ErrorObject } from 'ajv'
import { type Document, isMap, isScalar, type LineCounter } from 'yaml'
import { formats } from './config-formats.ts'
import { unsupportedMark } from './config-schema.ts'
import { nearest } from './core/edit-distance.ts'

export type Place = { readonly document: Document; readonly lines: LineCounter; readonly source: string }

const stepsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

const pathOf = (steps: readonly string[]): string =>
  steps.reduce((path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path === '' ? step : `${path}.${step}`), '')

const nodeAt = (document: Document, steps: readonly string[]): unknown =>
  document.getIn(
    steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
    true,
  )

const startOf = (node: unknown): number | undefined => (node as { range?: readonly number[] } | undefined)?.range?.[0]

/** Of the value, or of the nearest thing around it that is there. */
const offsetOf = (document: Document, steps: readonly string[]): number | undefined => {
  for (let depth = steps.length; depth >= 0; depth -= 1) {
    const start = startOf(nodeAt(document, steps.slice(0, depth)))
    if (start !== undefined) return start
  }
  return undefined
}

const offsetOfKey = (document: Document, steps: readonly string[], key: string): number | undefined => {
  const map = nodeAt(document, steps)
  const pair = isMap(map) ? map.items.find((item) => isScalar(item.key) && String(item.key.value) === key) : undefined
  return startOf(pair?.key)
}

const placed = (offset: number | undefined, { lines, source }: Place): string => {
  if (offset === undefined) return source
  const { line, col } = lines.linePos(offset)
  return `${source}:${line}:${col}`
}

const shown = (value: unknown): string => {
  const text = JSON.stringify(value) as string | undefined
  return text === undefined ? 'nothing' : text.length > 60 ? `${text.slice(0, 59)}…` : text
}

const knownKeys = (error: ErrorObject): readonly string[] =>
  Object.keys((error.parentSchema?.['properties'] as Readonly<Record<string, unknown>> | undefined) ?? {})

const unknownKey = (error: ErrorObject, key: string): string => {
  const known = knownKeys(error)
  const near = nearest(key, known)
  return `unknown key ${shown(key)}${near === undefined ? '' : `; did you mean ${near}?`} (known: ${known.join(', ')})`
}

const plainly: Readonly<Record<string, string>> = {
  minItems: 'must have an entry, or be left out',
  minLength: 'must not be empty',
  anyOf: 'must have one of these keys',
}

const accepted = (error: ErrorObject): string => {
  const params = error.params as Readonly<Record<string, unknown>>
  switch (error.keyword) {
    case 'enum':
      return `must be one of ${(params['allowedValues'] as readonly string[]).join(', ')}`
    case 'const':
      return `must be ${String(params['allowedValue'])}`
    case 'format':
      return `must be ${formats[String(params['format'])]?.wanted ?? 'another text'}`
    case 'type':
      return `must be of type ${String(params['type'])}`
    default:
      return plainly[error.keyword] ?? error.message ?? 'is not accepted'
  }
}

type Mistake = { readonly offset: number | undefined; readonly text: string }

const describe = (error: ErrorObject, { document }: Place): Mistake => {
  const params = error.params as Readonly<Record<string, unknown>>
  const steps = stepsOf(error.instancePath)
  const offset = offsetOf(document, steps)
  if (error.keyword === 'additionalProperties') {
    const key = String(params['additionalProperty'])
    const at = steps.length === 0 ? '' : `${pathOf(steps)}: `
    return { offset: offsetOfKey(document, steps, key) ?? offset, text: `${at}${unknownKey(error, key)}` }
  }
  if (error.keyword === 'required') {
    return { offset, text: `${pathOf([...steps, String(params['missingProperty'])])}: is missing` }
  }
  if (error.data === null && steps.length === 0) return { offset, text: 'the file is empty' }
  if (error.parentSchema?.['$comment'] === unsupportedMark) {
    const otherwise = shown(error.parentSchema['const'])
    const text = `${pathOf(steps)}: ${shown(error.data)} is ${unsupportedMark}; leave it out, or write ${otherwise}`
    return { offset, text }
  }
  return { offset, text: `${pathOf(steps) || 'the file'}: ${accepted(error)}, not ${shown(error.data)}` }
}

/** One line each, in the order of the file. */
export const describeMistakes = (errors: readonly ErrorObject[], place: Place): readonly string[] =>
  errors
    .map((error) => describe(error, place))
    .toSorted((a, b) => (a.offset ?? 0) - (b.offset ?? 0))
    .map(({ offset, text }) => `${placed(offset, place)}: ${text}`)
