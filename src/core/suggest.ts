import { editDistance, mostEdits } from './edit-distance.ts'

// Which of a repository's tags somebody may have meant: the nearest versions of the same line, and what is a typing
// mistake away.

/** Nearest first, of equals the newest; for `latest` the newest versions. Never `latest`, which is no answer to "which version", nor `wanted` itself. */
export const nearestTags = (wanted: string, tags: readonly string[], limit = 3): string[] => {
  if (wanted === 'latest') return newestTags(tags, limit)
  const goal = parseTag(wanted.slice(0, longestTag))
  const candidates = withinBudget(tags)
    .filter((tag) => tag !== wanted && tag !== 'latest')
    .map((tag) => rank(goal, parseTag(tag)))
    .filter(({ distance }) => distance < tooFar)
  return candidates
    .sort((left, right) => left.distance - right.distance || newestFirst(left.parsed, right.parsed))
    .slice(0, limit)
    .map(({ parsed }) => parsed.tag)
}

const newestTags = (tags: readonly string[], limit: number): string[] =>
  withinBudget(tags)
    .map(parseTag)
    .filter(({ numbers, suffix }) => numbers.length > 0 && suffix === '')
    .sort(newestFirst)
    .slice(0, limit)
    .map(({ tag }) => tag)

const longestTag = 128
const tooFar = 1000
// Comparing takes time by the letter, and the list is a stranger's: thousands of ordinary tags fit in, and so many of 128
// letters as do not keep everybody else waiting.
const mostLetters = 100_000

const withinBudget = (tags: readonly string[]): readonly string[] => {
  let letters = 0
  return [...new Set(tags)].filter((tag) => {
    if (tag.length > longestTag) return false
    letters += tag.length
    return letters <= mostLetters
  })
}

type ParsedTag = {
  readonly tag: string
  /** `1.25.3-alpine` -> 1, 25, 3; empty where the tag is no version. */
  readonly numbers: readonly number[]
  readonly suffix: string
}

const parseTag = (tag: string): ParsedTag => {
  const found = /^v?(\d{1,9}(?:\.\d{1,9}){0,4})((?:[^0-9.].*)?)$/i.exec(tag)
  if (found === null) return { tag, numbers: [], suffix: tag }
  const [, numbers = '', suffix = ''] = found
  return { tag, numbers: numbers.split('.').map(Number), suffix }
}

type Ranked = { readonly parsed: ParsedTag; readonly distance: number }

const rank = (goal: ParsedTag, parsed: ParsedTag): Ranked => {
  if (goal.numbers.length > 0 && parsed.numbers.length > 0) return { parsed, distance: versionDistance(goal, parsed) }
  const edits = editDistance(goal.tag.toLowerCase(), parsed.tag.toLowerCase())
  return { parsed, distance: isNear(goal.tag, edits) ? edits * 10 : tooFar }
}

// A third of the letters may be wrong, as long as the rest can still be recognised.
const isNear = (word: string, edits: number): boolean =>
  edits <= Math.min(mostEdits, Math.max(1, Math.floor(word.length / 3)))

// What differs first decides: another patch is nearer than another minor version, and that than another major one. The
// variant (`-alpine`) counts about as much as a step in the last number.
const stepBase = [400, 200, 50, 20, 20]
const largestStep = 99
const otherVariant = 25

const versionDistance = (goal: ParsedTag, other: ParsedTag): number => {
  const variant = goal.suffix === other.suffix ? 0 : otherVariant + editDistance(goal.suffix, other.suffix)
  const shared = Math.min(goal.numbers.length, other.numbers.length)
  for (let place = 0; place < shared; place += 1) {
    const step = Math.abs((goal.numbers[place] ?? 0) - (other.numbers[place] ?? 0))
    if (step > 0) return (stepBase[place] ?? 0) + Math.min(step, largestStep) + variant
  }
  // 1.25 for 1.25.3 or the other way round; v1.25 for 1.25 costs nothing.
  return (goal.numbers.length === other.numbers.length ? 0 : 10) + variant
}

const newestFirst = (left: ParsedTag, right: ParsedTag): number => {
  const places = Math.max(left.numbers.length, right.numbers.length)
  for (let place = 0; place < places; place += 1) {
    const step = (right.numbers[place] ?? -1) - (left.numbers[place] ?? -1)
    if (step !== 0) return step
  }
  return left.tag < right.tag ? -1 : 1
}
