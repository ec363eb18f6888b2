/**
 * The image string must parse as the kubelet parses it (`reference.ts` has the grammar); a node that cannot parse it
 * reports InvalidImageName and contacts nobody. A blank image is a gap that another tool fills in a template, and an
 * error in a Pod.
 */
import { causeOf } from '../cause.ts'
import type { Check } from '../check.ts'
import { printableImage } from '../printable.ts'
import { isInvalid } from '../reference.ts'

export const validReference: Check<'valid-reference'> = {
  id: 'valid-reference',
  judge: ({ images }) =>
    images.map(({ use: { fieldPath, image }, reference, unasked }) => {
      if (unasked === 'blank') return { fieldPath, image, outcome: 'skip', reason: 'blank in a template' }
      if (unasked === 'placeholder') return { fieldPath, image, outcome: 'skip', reason: 'to be filled in' }
      return isInvalid(reference)
        ? {
            fieldPath,
            image,
            outcome: 'trouble',
            cause: causeOf('reference-invalid', { image: printableImage(image), why: reference.invalid }),
          }
        : { fieldPath, image, outcome: 'pass' }
    }),
}
