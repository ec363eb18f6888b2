import type { Cause } from './cause.ts'
import type { Facts } from './facts.ts'

/** What one check says of one field: never nothing, so that "not looked at" cannot read as "fine". */
export type Judgement = {
  readonly fieldPath: string
  /** The image string as written; empty where the field names no image. */
  readonly image: string
} & (
  | { readonly outcome: 'pass' }
  | { readonly outcome: 'skip'; readonly reason: string }
  | { readonly outcome: 'trouble'; readonly cause: Cause }
)

/** One check, one file, one line in `checks/index.ts`. Pure: everything it needs has been found out before. */
export type Check<Id extends string = string> = {
  readonly id: Id
  readonly judge: (facts: Facts) => readonly Judgement[]
}
