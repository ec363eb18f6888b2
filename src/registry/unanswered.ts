import type { Outcome } from '../core/facts.ts'
import { printable } from '../core/printable.ts'
import type { UnansweredCause } from '../core/unanswered-cause.ts'

export type Unanswered = Extract<Outcome, { kind: 'unanswered' }>

const longestDetail = 200

export const unanswered = (cause: UnansweredCause, detail: string): Unanswered => ({
  kind: 'unanswered',
  cause,
  detail: printable(detail, longestDetail),
})
