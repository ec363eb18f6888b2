/**
 * A tag must be written, and must not be `latest`. A digest satisfies the rule whatever the tag says: containerd drops
 * the tag then and pulls exactly that manifest.
 */
import { type Cause, causeOf } from '../cause.ts'
import type { Check } from '../check.ts'
import { printableImage } from '../printable.ts'
import { isInvalid, nameOf, type Reference } from '../reference.ts'

const troubleWith = (reference: Reference): Cause | undefined => {
  if (reference.digest !== undefined) return undefined
  const name = printableImage(nameOf(reference))
  if (reference.tag === undefined) return causeOf('tag-omitted', { name })
  return reference.tag === 'latest' ? causeOf('latest-tag', { name }) : undefined
}

export const latestTag: Check<'latest-tag'> = {
  id: 'latest-tag',
  judge: ({ images }) =>
    images.map(({ use: { fieldPath, image }, reference, unasked }) => {
      if (unasked === 'placeholder') return { fieldPath, image, outcome: 'skip', reason: 'to be filled in' }
      if (isInvalid(reference)) return { fieldPath, image, outcome: 'skip', reason: 'not a reference' }
      const cause = troubleWith(reference)
      return cause === undefined
        ? { fieldPath, image, outcome: 'pass' }
        : { fieldPath, image, outcome: 'trouble', cause }
    }),
}
