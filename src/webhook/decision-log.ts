/** One line per admission, made of an explicit list of fields: nothing of a review is logged because it happened to be there. */
import type { Admission } from '../core/admission.ts'
import type { Finding } from '../core/decision.ts'
import type { Mode } from '../core/policy.ts'
import { printable, printableImage } from '../core/printable.ts'
import type { Judged } from './judge.ts'

/** The part of pino that serving needs. */
export type Log = {
  readonly info: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
  readonly error: (fields: object, message: string) => void
}

export type Answered = {
  readonly admission: Admission
  readonly mode: Mode | undefined
  readonly judged: Judged
  readonly milliseconds: number
}

// The API server bounds all of these; whoever else reaches the port does not. JSON escapes what cannot be printed.
const nameLimit = 253
const name = (text: string): string => (text.length > nameLimit ? `${text.slice(0, nameLimit)}…` : text)
const loggedFindings = 20
const exemptLimit = 512

const loggedFinding = ({ check, cause, mode, fieldPath, image }: Finding): object => ({
  check,
  cause,
  mode,
  fieldPath: name(fieldPath),
  image: printableImage(image),
})

export const allFindings = ({ denials, warnings, audits }: Judged['decision']): readonly Finding[] => [
  ...denials,
  ...warnings,
  ...audits,
]

/** What was let through unseen or in spite of its findings, and where the fields or the reason are told. */
const exemptOf = ({ exemptions = [], annotations = {} }: Judged): object =>
  exemptions.length === 0
    ? {}
    : {
        exemptions: [...new Set(exemptions)],
        ...(annotations['exempt'] === undefined ? {} : { exempt: printable(annotations['exempt'], exemptLimit) }),
        ...(annotations['bypass'] === undefined ? {} : { bypass: printable(annotations['bypass'], exemptLimit) }),
      }

export const logDecision = (log: Log, { admission, mode, judged, milliseconds }: Answered): void => {
  const findings = allFindings(judged.decision)
  log.info(
    {
      decision: judged.decision.allowed ? 'allowed' : 'denied',
      outcome: judged.outcome,
      mode: mode ?? 'configured',
      operation: admission.operation,
      kind: name(admission.kind),
      namespace: name(admission.namespace),
      name: name(admission.name),
      uid: name(admission.uid),
      user: name(admission.user.username),
      dryRun: admission.dryRun,
      ...exemptOf(judged),
      findings: findings.slice(0, loggedFindings).map(loggedFinding),
      ...(findings.length > loggedFindings ? { findingsLeftOut: findings.length - loggedFindings } : {}),
      milliseconds: Math.round(milliseconds * 10) / 10,
    },
    'admission',
  )
}
