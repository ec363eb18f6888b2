/**
 * The whole evaluation in one screen, the same for the webhook, the command line and the background: collect, check,
 * decide. Findings, reports and metrics are folds over what it returns.
 */
import { checks } from './checks/index.ts'
import { collect } from './collect.ts'
import { type CheckResult, type Decision, decide } from './decision.ts'
import type { Context, Facts, Ports } from './facts.ts'
import { isActive, isToldBySecrets, type Policy } from './policy.ts'
import { printableImage } from './printable.ts'
import { isInvalid, nameOf, type Reference } from './reference.ts'
import { type ImageVerdict, verdictOf } from './verdict.ts'
import type { Workload } from './workload.ts'

export type ImageReport = {
  readonly fieldPath: string
  readonly image: string
  readonly verdict: ImageVerdict['verdict']
  readonly name?: string
  readonly tag?: string
  readonly digest?: string
  readonly credential?: string
}

export type Evaluation = {
  /** The parts of one object; the first names it as well as any. */
  readonly workloads: readonly [Workload, ...Workload[]]
  /** When it was asked, RFC 3339: an answer ages. */
  readonly at: string
  readonly images: readonly ImageReport[]
  /** One for each (image, check) and each referenced secret; passes and skips included. */
  readonly results: readonly CheckResult[]
  readonly decision: Decision
}

/** What stays the same from one evaluation to the next. */
export type Evaluator = {
  readonly ports: Ports
  readonly nodeCredentials: (name: string) => boolean
  /** Whether a pull-through cache serves an image, given as written. */
  readonly proxyCaches: (image: string) => boolean
  /** The time, RFC 3339. */
  readonly now: () => string
}

const named = (reference: Reference): Pick<ImageReport, 'name' | 'tag' | 'digest'> => ({
  name: nameOf(reference),
  ...(reference.tag === undefined ? {} : { tag: reference.tag }),
  ...(reference.digest === undefined ? {} : { digest: reference.digest }),
})

const reportsOf = (facts: Facts): readonly ImageReport[] =>
  facts.images.map((image) => {
    const { verdict, digest, credential } = verdictOf(image, facts)
    return {
      fieldPath: image.use.fieldPath,
      image: printableImage(image.use.image),
      verdict,
      ...(isInvalid(image.reference) ? {} : named(image.reference)),
      ...(digest === undefined ? {} : { digest }),
      ...(credential === undefined ? {} : { credential }),
    }
  })

/** Parts of an object may share a secret or an account; what is said of it is said once. */
const toldOnce = (results: readonly CheckResult[]): readonly CheckResult[] => {
  const told = new Map(
    results.map((result) => [
      JSON.stringify([result.check, result.fieldPath, result.outcome === 'trouble' ? result.cause.id : '']),
      result,
    ]),
  )
  return [...told.values()]
}

export const evaluate = async (
  workloads: Evaluation['workloads'],
  policy: Policy,
  { ports, nodeCredentials, proxyCaches, now }: Evaluator,
  context: Context,
): Promise<Evaluation> => {
  const at = now()
  const parts = await collect(workloads, {
    ports,
    nodeCredentials,
    proxyCaches,
    context,
    isActive: (check, image) => isActive(policy, check, image),
    secretsTold: (trouble, image) => isToldBySecrets(policy, trouble, image),
  })
  const results = toldOnce(
    checks.flatMap(({ id, judge }) =>
      parts
        .flatMap((facts) => judge(facts))
        .filter(({ image }) => isActive(policy, id, image))
        .map((judgement): CheckResult => ({ ...judgement, check: id })),
    ),
  )
  return { workloads, at, images: parts.flatMap(reportsOf), results, decision: decide(policy, results) }
}
