/**
 * The registry must serve every image to this pod's credentials, as the node would ask for it. `verdict.ts` folds what
 * the registry said; here it becomes one judgement for each image.
 *
 * Secrets that keep an image from being asked about are told by the check of pull secrets; where that one acts milder,
 * or is switched off, they are told here: the node would pull nothing all the same, and an unknown is never passed over.
 */
import type { Cause } from '../cause.ts'
import type { Check } from '../check.ts'
import type { Facts, ImageFacts } from '../facts.ts'
import { troubleForEveryImage } from '../secret-trouble.ts'
import { verdictOf } from '../verdict.ts'

const untold = ({ unasked, use }: ImageFacts, facts: Facts): Cause | undefined => {
  if (unasked !== 'secret-malformed' && unasked !== 'secret-unread') return undefined
  const trouble = troubleForEveryImage(facts)
  return trouble === undefined || facts.secretsTold(trouble, use.image) ? undefined : trouble
}

export const imagePullable: Check<'image-pullable'> = {
  id: 'image-pullable',
  judge: (facts) =>
    facts.images.map((image) => {
      const field = { fieldPath: image.use.fieldPath, image: image.use.image }
      const { cause: found, verdict, reason } = verdictOf(image, facts)
      const cause = found ?? untold(image, facts)
      if (cause !== undefined) return { ...field, outcome: 'trouble', cause }
      return verdict === 'pullable'
        ? { ...field, outcome: 'pass' }
        : { ...field, outcome: 'skip', reason: reason ?? verdict }
    }),
}
