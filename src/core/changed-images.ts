/** What of an update is worth judging. */
import type { ImageUse, Workload } from './workload.ts'

const wayOf = ({ serviceAccount, namesPullSecrets, pullSecrets, platformSelector }: Workload): string =>
  JSON.stringify([serviceAccount, namesPullSecrets, pullSecrets.map(({ name }) => name), platformSelector])

const asPulled = (workload: Workload): readonly (readonly [use: ImageUse, text: string])[] => {
  const way = wayOf(workload)
  return workload.images.map((use) => [use, JSON.stringify([use.slot, use.image, use.pullPolicy, way])])
}

/**
 * The images that an update makes worth judging: those whose field or pull policy changed, and all of a workload where
 * what they are pulled with, or where they may run, changed.
 */
export const changedImages = (now: Workload, before: readonly Workload[]): readonly ImageUse[] => {
  const earlier = new Set(before.flatMap(asPulled).map(([, text]) => text))
  return asPulled(now).flatMap(([use, text]) => (earlier.has(text) ? [] : [use]))
}
