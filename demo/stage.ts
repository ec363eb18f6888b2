import type { DemoCase, Outcome, Registries } from './cases.ts'

export type Applied = { readonly output: string; readonly outcome: Outcome }

/** Where the cases are played: a real control plane, or the webhook alone where there is none. */
export type Stage = {
  readonly registries: Registries
  /** What the user would have typed. */
  readonly command: (played: DemoCase) => string
  readonly apply: (played: DemoCase) => Promise<Applied>
  /** How to try it by hand while it is kept running. */
  readonly hints: readonly string[]
  readonly close: () => Promise<void>
}

export type Progress = (line: string) => void
