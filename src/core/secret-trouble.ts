/** What is wrong with the secrets and the service account that an object's images are pulled with. */
import { type Cause, causeOf } from './cause.ts'
import type { Facts, SecretFact } from './facts.ts'
import { printable } from './printable.ts'
import { isInvalid, nameOf } from './reference.ts'
import { serverFor } from './remedy.ts'

// Of names that the API accepts.
const longestName = 253

const serverOfFirstImage = ({ images }: Facts): string => {
  const first = images.map(({ reference }) => reference).find((reference) => !isInvalid(reference))
  return first === undefined || isInvalid(first) ? 'REGISTRY' : serverFor(nameOf(first))
}

export const troubleWithSecret = (fact: SecretFact, facts: Facts): Cause | undefined => {
  const account = facts.credentials.serviceAccount
  const details = {
    secret: printable(fact.name, longestName),
    namespace: facts.workload.namespace,
    server: serverOfFirstImage(facts),
    ...(account.state === 'read' ? { account: printable(account.name, longestName) } : {}),
  }
  switch (fact.state) {
    case 'usable':
      return undefined
    case 'absent':
      return causeOf('secret-absent', details)
    case 'ignored':
      return causeOf('secret-type-ignored', { ...details, type: fact.type })
    case 'malformed':
      return causeOf('secret-malformed', { ...details, where: fact.where, why: fact.why })
    case 'unreadable':
      return causeOf('secret-unreadable', details)
    case 'unverified':
      return causeOf('secret-unverified', { ...details, why: fact.why })
  }
}

export const troubleWithAccount = ({ workload, credentials }: Facts): Cause | undefined => {
  const { name, state, why } = credentials.serviceAccount
  const { namespace } = workload
  switch (state) {
    case 'unused':
    case 'read':
      return undefined
    case 'absent':
      return causeOf('service-account-absent', { account: name, namespace })
    case 'unreadable':
      return causeOf('service-account-unreadable', { account: name, namespace })
    case 'unverified':
      return causeOf('cluster-unavailable', { why: why ?? `ServiceAccount ${namespace}/${name} could not be read` })
  }
}

/** What keeps the node, or us, from pulling anything: the first in the order of the object. */
export const troubleForEveryImage = (facts: Facts): Cause | undefined => {
  const { secrets } = facts.credentials
  const blocking = secrets.find(({ state }) => state === 'malformed') ?? secrets.find(({ state }) => isUnread(state))
  return (blocking === undefined ? undefined : troubleWithSecret(blocking, facts)) ?? troubleWithAccount(facts)
}

export const isUnread = (state: SecretFact['state'] | Facts['credentials']['serviceAccount']['state']): boolean =>
  state === 'unreadable' || state === 'unverified'
