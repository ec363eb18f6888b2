/** Globs as predicates: `*` stays within a path segment, `**` as a whole segment crosses. Core sees only the predicates. */
import picomatch from 'picomatch'
import { isInvalid, nameOf, parseReference } from './core/reference.ts'

// A leading `!` would turn one typing mistake into "everything but"; parentheses are patterns of shells, not of names.
const options = { dot: true, nonegate: true, noextglob: true, strictBrackets: true, windows: false } as const

// The longest image reference that a node can parse has 255 characters of name, 128 of tag and 135 of digest.
const longestImage = 1024

export const isGlob = (text: string): boolean => {
  if (text === '' || /^!|\s/.test(text)) return false
  try {
    picomatch.makeRe(text, options)
    return true
  } catch {
    return false
  }
}

/** Whether any of the globs matches the whole text. */
export const globMatcher = (globs: readonly string[]): ((text: string) => boolean) => {
  if (globs.length === 0) return () => false
  const matches = globs.map((glob) => picomatch(glob, options))
  return (text) => matches.some((match) => match(text))
}

const spellingsOf = (image: string): readonly string[] => {
  const reference = parseReference(image)
  if (isInvalid(reference)) return [image]
  const name = nameOf(reference)
  // The node drops a tag beside a digest, so a glob for the tag says nothing about such an image.
  if (reference.digest !== undefined) return [image, name, `${name}@${reference.digest}`]
  return reference.tag === undefined ? [image, name] : [image, name, `${name}:${reference.tag}`]
}

/**
 * Whether any of the globs matches an image string: as it is written, as its full name (`docker.io/library/nginx`), or
 * as that with its tag. So a glob without a tag is good for every tag.
 */
export const imageGlobMatcher = (globs: readonly string[]): ((image: string) => boolean) => {
  if (globs.length === 0) return () => false
  const matches = globMatcher(globs)
  return (image) => image.length <= longestImage && spellingsOf(image).some(matches)
}
