/** Pull secrets and service account of one workload, read once, and once more before they are held against it. */

import type { Ending } from './ending.ts'
import type { Context, CredentialsPort, PullCredentials } from './facts.ts'
import { buildKeyring } from './keyring.ts'
import type { Workload } from './workload.ts'

export const noCredentials = (workload: Workload): PullCredentials => ({
  secrets: [],
  serviceAccount: { name: workload.serviceAccount, state: 'unused' },
  keyring: buildKeyring([]),
})

const unreadInTime = (workload: Workload): PullCredentials => {
  const why = 'the cluster did not answer in time'
  const fromAccount = workload.isTemplate && !workload.namesPullSecrets
  return {
    ...noCredentials(workload),
    secrets: workload.pullSecrets.map((reference) => ({ ...reference, state: 'unverified', why })),
    serviceAccount: { name: workload.serviceAccount, state: fromAccount ? 'unverified' : 'unused', why },
  }
}

/** The first reading, which memory may answer, and one more at most, made anew and only when somebody needs it. */
export type Readings = {
  readonly first: PullCredentials | undefined
  readonly again: () => Promise<PullCredentials | undefined>
  readonly last: () => Promise<PullCredentials | undefined>
}

export const readCredentials = async (
  workload: Workload,
  { port, context, ending }: { readonly port: CredentialsPort; readonly context: Context; readonly ending: Ending },
): Promise<Readings> => {
  const read = async (fresh: boolean): Promise<PullCredentials | undefined> => {
    const found = await ending.race(port(workload, { ...context, fresh }), () => unreadInTime(workload))
    return found === undefined && context.unremembered === 'out-of-time' ? unreadInTime(workload) : found
  }
  const first = await read(context.fresh)
  let second: Promise<PullCredentials | undefined> | undefined
  const isFinal = context.fresh || context.reach === 'memory' || first === undefined || !namesSecrets(first)
  const again = (): Promise<PullCredentials | undefined> => (second ??= isFinal ? Promise.resolve(first) : read(true))
  // What memory says against a secret is not repeated: it may have been created, or mended, a second ago.
  const settled = first !== undefined && hasTrouble(first) ? await again() : first
  return { first: settled, again, last: () => second ?? Promise.resolve(settled) }
}

const namesSecrets = ({ secrets, serviceAccount }: PullCredentials): boolean =>
  secrets.length > 0 || serviceAccount.state !== 'unused'

const hasTrouble = ({ secrets, serviceAccount }: PullCredentials): boolean =>
  serviceAccount.state === 'absent' || secrets.some(({ state }) => state !== 'usable')

export const nothingRead = (credentials: PullCredentials): Readings => {
  const settled = Promise.resolve(credentials)
  return { first: credentials, again: () => settled, last: () => settled }
}
