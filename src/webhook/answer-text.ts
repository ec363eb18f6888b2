/**
 * Findings as the texts of an admission answer: what kubectl prints, and what the audit log keeps. Pure, and bounded
 * whatever the findings hold, since image strings and registry answers are written by strangers.
 */
import type { Finding } from '../core/decision.ts'
import { imageLimit, printable, printableImage } from '../core/printable.ts'

/** The message is copied into events and conditions of controllers. */
export const messageLimit = 2048
/** The API server cuts warnings to 256 each, and drops what goes over 4096, when all of one request together are longer. */
export const warningLimit = 256
export const warningsLimit = 4095
const annotationLimit = 1024
// A field path is at most as long as an image string: paths of custom kinds contain keys that users chose.
const fieldPathLimit = 256
// What an image string may take of a warning when the sentence would not fit otherwise.
const shortImage = 64
const auditKeyLimit = 63

type Room = { readonly limit: number; readonly between: number; readonly leftOut: (count: number) => string }

const sizeOf = (items: readonly string[], between: number): number =>
  items.reduce((sum, item) => sum + item.length, 0) + Math.max(0, items.length - 1) * between

/** As many of the items as there is room for, and one more that says how many are missing. */
const fitting = (items: readonly string[], { limit, between, leftOut }: Room): readonly string[] => {
  if (sizeOf(items, between) <= limit) return items
  // The count only shrinks as items are added, so its longest form is the one to leave room for.
  let room = limit - leftOut(items.length).length
  let kept = 0
  for (const item of items) {
    room -= item.length + between
    if (room < 0) break
    kept += 1
  }
  if (kept > 0) return [...items.slice(0, kept), leftOut(items.length - kept)]
  // One enormous item: a part of the worst finding says more than a bare count.
  const [first = '', ...others] = items
  if (others.length === 0) return [printable(first, limit)]
  return [printable(first, limit - between - leftOut(items.length).length), leftOut(others.length)]
}

const moreFindings = (count: number): string => `and ${count} more finding${count === 1 ? '' : 's'}`

const closed = (sentence: string): string => (/[.!?…]$/.test(sentence) ? sentence : `${sentence}.`)

const sentenceOf = (finding: Finding, shownImage: string, withRemedy: boolean): string => {
  const field = printable(finding.fieldPath, fieldPathLimit)
  const subject = finding.image === '' ? field : `${field} "${shownImage}"`
  const wrong = printable(finding.message, messageLimit).trim()
  const remedy = printable(finding.remedy, messageLimit).trim()
  return withRemedy && remedy !== '' ? `${subject}: ${closed(wrong)} ${remedy}` : `${subject}: ${wrong}`
}

/** Field path, image, what is wrong, what to do: one line. */
export const findingLine = (finding: Finding): string => sentenceOf(finding, printableImage(finding.image), true)

/** The same, at most as long as a warning may be: the remedy gives way before what is wrong does. */
export const warningLine = (finding: Finding): string => {
  const image = printable(finding.image, shortImage)
  const whole = printable(finding.image, imageLimit)
  const forms = [
    sentenceOf(finding, whole, true),
    sentenceOf(finding, image, true),
    sentenceOf(finding, whole, false),
    sentenceOf(finding, image, false),
  ]
  return forms.find((form) => form.length <= warningLimit) ?? printable(forms.at(-1) ?? '', warningLimit)
}

/**
 * The API server puts `admission webhook "…" denied the request: ` before it, which fills a line: each finding begins on
 * one of its own, indented, so that none hides behind the prefix. kubectl prints line breaks as they are. `advice` is a
 * short last line of ours.
 */
export const denialMessage = (findings: readonly Finding[], advice?: string): string => {
  if (findings.length === 0) return 'denied'
  const lineStart = '\n  '
  const last = advice === undefined ? '' : `${lineStart}${advice}`
  const room = {
    limit: messageLimit - last.length - lineStart.length,
    between: lineStart.length,
    leftOut: moreFindings,
  }
  return `${lineStart}${fitting(findings.map(findingLine), room).join(lineStart)}${last}`
}

/** One line each; `notices` are about the whole object (a bypass, for instance) and come first. */
export const warningTexts = (findings: readonly Finding[], notices: readonly string[]): readonly string[] => {
  const lines = [...notices.map((notice) => printable(notice, warningLimit)), ...findings.map(warningLine)]
  return fitting(
    lines.filter((line) => line.trim() !== ''),
    { limit: warningsLimit, between: 0, leftOut: moreFindings },
  )
}

/** The name part of a qualified name; the API server drops an annotation with any other key, with only a line in its own log. */
const auditKey = (text: string): string => {
  const allowed = text.replace(/[^A-Za-z0-9._-]/g, '-').replace(/^[._-]+/, '')
  return allowed.slice(0, auditKeyLimit).replace(/[._-]+$/, '') || 'finding'
}

const fieldPathsOf = (findings: readonly Finding[]): string => {
  const paths = [...new Set(findings.map(({ fieldPath }) => printable(fieldPath, fieldPathLimit)))]
  const between = ', '
  const room = { limit: annotationLimit, between: between.length, leftOut: (count: number) => `and ${count} more` }
  return fitting(paths, room).join(between)
}

/** One annotation per cause, whose value names the fields; `others` never replace those of the findings. */
export const auditAnnotations = (
  findings: readonly Finding[],
  others: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const byKey = new Map(
    Object.entries(others).map(([key, value]) => [auditKey(key), printable(value, annotationLimit)]),
  )
  const causes = new Set(findings.map(({ cause }) => cause))
  for (const cause of causes) {
    byKey.set(auditKey(cause), fieldPathsOf(findings.filter((finding) => finding.cause === cause)))
  }
  return Object.fromEntries(byKey)
}
