/** Sentences for what only a person can mend: who was asked for what, what is missing, and what to type. */
import type { Trouble } from '../cluster/answer.ts'

/** One object of the cluster that Pullgate keeps for itself. */
export type OwnObject = {
  /** `Secret`, for people. */
  readonly kind: string
  /** `secrets`, for RBAC. */
  readonly resource: string
  /** Absent where the object belongs to no namespace. */
  readonly namespace?: string
  readonly name: string
}

export type Verb = 'get' | 'create' | 'update' | 'patch'

export const placeOf = ({ kind, namespace, name }: OwnObject): string =>
  namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`

export const faultOf = (object: OwnObject, verb: Verb, trouble: Exclude<Trouble, { state: 'absent' }>): Error => {
  if (trouble.state === 'unanswered') {
    return new Error(`Pullgate could not ${verb} the ${placeOf(object)}: ${trouble.why}.`)
  }
  return new Error(
    `Pullgate may not ${verb} the ${placeOf(object)}: its ${roleKind(object)} needs the verb "${verb}" on ` +
      `"${object.resource}"${verb === 'create' ? '' : ` with resourceNames ["${object.name}"]`}. ` +
      `Ask: ${canI(object, verb)}. The API server said: ${trouble.why}`,
  )
}

const roleKind = ({ namespace }: OwnObject): string => (namespace === undefined ? 'ClusterRole' : 'Role')

const canI = ({ namespace, resource, name }: OwnObject, verb: Verb): string => {
  const target = verb === 'create' ? resource : `${resource}/${name}`
  const inNamespace = namespace === undefined ? '' : ` -n ${namespace}`
  const account = namespace === undefined ? 'NAMESPACE' : namespace
  return `kubectl auth can-i ${verb} ${target}${inNamespace} --as=system:serviceaccount:${account}:SERVICEACCOUNT`
}
