/** What of an update is worth judging. */
import type { ImageUse, Workload } from './workload.ts'

const wayOf = ({ serviceAccount, namesPullSecrets, pullSecrets, platformSelector }: Workload): string =>
  JSON.stringify([serviceAccount, namesPullSecrets, pullSecrets.map(({ name }) => name), platformSelector])

const asWritten = ({ slot, image, pullPolicy }: ImageUse): string => JSON.stringify([slot, image, pullPolicy])

/** By the way in which they are pulled. */
const imagesIn = (workloads: readonly Workload[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const byWay = new Map<string, Set<string>>()
  for (const workload of workloads) {
    const way = wayOf(workload)
    const images = byWay.get(way) ?? new Set()
    for (const use of workload.images) images.add(asWritten(use))
    byWay.set(way, images)
  }
  return byWay
}

/**
 * Workloads with the images that an update makes worth judging: those whose field or pull policy changed, and all of a
 * workload where what they are pulled with, or where they may run, changed.
 */
export const withChangedImages = (now: readonly Workload[], before: readonly Workload[]): readonly Workload[] => {
  const earlier = imagesIn(before)
  return now.flatMap((workload) => {
    const same = earlier.get(wayOf(workload))
    const images = workload.images.filter((use) => same?.has(asWritten(use)) !== true)
    return images.length === 0 ? [] : [{ ...workload, images }]
  })
}
