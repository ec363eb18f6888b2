import { type Unanswered, unanswered } from './unanswered.ts'

/** Statuses that say nothing about the image, whoever sends them. */
export const troubleOf = (status: number, who: string): Unanswered | undefined => {
  if (status === 429) return unanswered('rate-limited', `${who} answered 429`)
  if (status === 408) return unanswered('registry-timeout', `${who} answered 408`)
  if (status >= 500) return unanswered('registry-error', `${who} answered ${status}`)
  if (status < 200 || (status >= 300 && status < 400)) {
    return unanswered('answer-unintelligible', `${who} answered ${status}`)
  }
  return undefined
}
