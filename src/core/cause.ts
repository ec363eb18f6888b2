/**
 * The total catalogue of causes: whether each one is certain, and the two sentences a user reads: what is wrong, and
 * what to do. What a cause needs to know is in `details.ts`; a cause without a row here does not compile.
 *
 * `certain`: the node would fail too. `unknown`: the world did not answer, or only the node can know; nobody downstream
 * may read that as "absent" or "fine". Names are public and do not change.
 */
import type { Details } from './details.ts'
import { isObjectName } from './object-name.ts'
import * as remedy from './remedy.ts'
import type { UnansweredCause } from './unanswered-cause.ts'

export type CauseId = keyof Details
export type Certainty = 'certain' | 'unknown'
export type Cause<K extends CauseId = CauseId> = { [P in K]: { readonly id: P } & Details[P] }[K]

type Row<K extends CauseId> = {
  readonly certainty: Certainty
  readonly explain: (details: Details[K]) => string
  readonly remedy: (details: Details[K]) => string
}

const said = (detail: string | undefined): string => (detail === undefined || detail === '' ? '' : ` (${detail})`)
// 0: the node's runtime would refuse to send it at all.
const withStatus = (status: number): string => (status === 0 ? '' : ` with ${status}`)
const also = (others: string | undefined): string => (others === undefined ? '' : `; ${others}`)
const from = (account: string | undefined): string =>
  account === undefined ? '' : `, named by ServiceAccount ${account},`

const certain = <K extends CauseId>(explain: Row<K>['explain'], mend: Row<K>['remedy']): Row<K> => ({
  certainty: 'certain',
  explain,
  remedy: mend,
})
const unknown = <K extends CauseId>(explain: Row<K>['explain'], mend: Row<K>['remedy']): Row<K> => ({
  ...certain(explain, mend),
  certainty: 'unknown',
})
const unanswered = (what: string, mend: string): Row<UnansweredCause> =>
  unknown(
    ({ name, host, detail, others }) =>
      `Not known whether ${name} can be pulled: ${what.replace('HOST', () => host)}${said(detail)}${also(others)}.`,
    () => mend,
  )

export const causes: { readonly [K in CauseId]: Row<K> } = {
  'reference-invalid': certain(
    ({ why }) => `This is not an image reference: ${why}.`,
    () => 'Write it as REGISTRY/REPOSITORY:TAG, for instance ghcr.io/acme/pay:1.4.2.',
  ),
  'latest-tag': certain(
    () => 'The tag latest means whatever was pushed last, so two nodes may run different images.',
    remedy.nameVersion,
  ),
  'tag-omitted': certain(
    () => 'No tag is written, so the node pulls latest: whatever was pushed last.',
    remedy.nameVersion,
  ),

  'secret-absent': certain(
    ({ secret, account, namespace }) =>
      isObjectName(secret)
        ? `The pull secret ${secret}${from(account)} does not exist in namespace ${namespace}.`
        : `No Secret can have the name "${secret}"${from(account)} so none exists.`,
    (details) =>
      isObjectName(details.secret)
        ? `Create it: ${remedy.createSecret(details)}`
        : 'Correct the name: lower-case letters, digits, "-" and ".".',
  ),
  'secret-type-ignored': certain(
    ({ secret, namespace, type }) =>
      `The kubelet ignores the secret ${namespace}/${secret} of type ${type}: a pull secret is of type kubernetes.io/dockerconfigjson, with its data under the key .dockerconfigjson.`,
    (details) =>
      `Make it anew: kubectl delete secret ${details.secret} -n ${details.namespace}, then ${remedy.createSecret(details)}`,
  ),
  'secret-malformed': certain(
    ({ secret, namespace, where, why }) =>
      `The pull secret ${namespace}/${secret} cannot be decoded, so the node pulls no image of this pod: in ${where}, ${why}.`,
    (details) => `Write it anew: ${remedy.replaceSecret(details)}`,
  ),
  'secret-unverified': unknown(
    ({ secret, namespace, why }) => `Not known whether the pull secret ${namespace}/${secret} exists: ${why}.`,
    ({ secret, namespace }) => `Look for yourself: kubectl get secret ${remedy.pasted(secret)} -n ${namespace}`,
  ),
  'secret-unreadable': unknown(
    ({ secret, namespace }) =>
      `Pullgate is not allowed to read the pull secret ${namespace}/${secret}, so nothing is known of the images that need it.`,
    remedy.allowReading,
  ),
  'service-account-absent': unknown(
    ({ account, namespace }) =>
      `The ServiceAccount ${account} does not exist in namespace ${namespace}, so its pull secrets are not known.`,
    ({ account, namespace }) => `Create it: kubectl create serviceaccount ${remedy.pasted(account)} -n ${namespace}`,
  ),

  'service-account-unreadable': unknown(
    ({ account, namespace }) =>
      `Pullgate is not allowed to read the ServiceAccount ${namespace}/${account}, so its pull secrets are not known.`,
    remedy.allowReading,
  ),

  'tag-absent': certain(
    ({ name, tag, others }) => `There is no tag ${tag} in ${name}${also(others)}.`,
    remedy.otherTags,
  ),
  'digest-absent': certain(
    ({ name, digest, tag, others }) =>
      tag === undefined
        ? `There is no manifest ${digest} in ${name}${also(others)}.`
        : `The tag ${tag} of ${name} answers, but the manifest ${digest} that the node would fetch is gone${also(others)}.`,
    ({ tag }) =>
      tag === undefined
        ? 'Correct the digest, or push the image again: it was deleted or belongs to another repository.'
        : `Push ${tag} again.`,
  ),
  'repository-absent': certain(
    ({ name, host, others }) => `There is no repository ${name} on ${host}${also(others)}.`,
    () => 'Correct the spelling of the image name, or push the image first.',
  ),
  'credential-missing': certain(
    ({ name, host, status, keys, detail }) =>
      `${host} refused an anonymous pull of ${name} with ${status}${said(detail)}: it is private or does not exist, the registry does not say which; ${remedy.whatSecretsHave(keys)}.`,
    (details) =>
      `Check the name; if it is right, add a pull secret: ${remedy.createSecret({ ...details, secret: 'NAME', server: remedy.serverFor(details.name) })} and list it under imagePullSecrets.`,
  ),
  'credential-refused': certain(
    ({ host, credential, status, detail, others }) =>
      `${host} refused the credential in ${credential}${withStatus(status)}${said(detail)}: it is wrong, expired or revoked, and the node tries no anonymous pull instead${also(others)}.`,
    (details) => remedy.renew(details),
  ),
  'access-denied': certain(
    ({ name, host, credential, status, scheme, detail, others }) =>
      `${host} knows the credential in ${credential} but refused it ${name} with ${status}${said(detail)}: ${scheme === 'Basic' ? 'no right to pull, or an expired password' : 'no right to pull, or no such repository'}${also(others)}.`,
    ({ credential, name }) => `Grant its account the right to pull ${name}, or put one that has it into ${credential}.`,
  ),
  'manifest-unsupported': certain(
    ({ name, detail, others }) =>
      `What the registry serves for ${name} is no image the node can run: ${detail}${also(others)}.`,
    () => 'Push an OCI or Docker schema 2 image under this reference.',
  ),
  'request-rejected': certain(
    ({ name, host, status, detail, others }) =>
      `${host} rejected the request for ${name} with ${status}${said(detail)}${also(others)}.`,
    () => 'Ask whoever runs the registry: the node would be rejected in the same way.',
  ),

  'rate-limited': unanswered('HOST limits requests', 'Try again later, pull with credentials, or use a mirror.'),
  'registry-error': unanswered(
    'HOST answered with an error of its own',
    'Try again; if it stays, ask whoever runs the registry.',
  ),
  'registry-timeout': unanswered(
    'HOST did not answer in time',
    'Try again; check the way from the cluster to the registry.',
  ),
  'registry-unresolved': unanswered(
    'the name HOST cannot be resolved',
    'Check the spelling of the host; names that only the cluster knows cannot be resolved by nodes.',
  ),
  'registry-unreachable': unanswered(
    'HOST cannot be reached',
    'Check the port, and the way from the cluster to the registry.',
  ),
  'tls-untrusted': unanswered(
    'the certificate of HOST is not trusted',
    'Give Pullgate the CA in registries.caBundle, and the nodes in certs.d.',
  ),
  'plain-http': unanswered(
    'HOST answers plain http, not https',
    'Serve the registry over https, or tell the nodes in hosts.toml that it is plain http.',
  ),
  'answer-unintelligible': unanswered(
    'the answer of HOST is not one of a registry',
    'Check that the host is a registry and that no proxy or login page answers for it.',
  ),
  'registry-local': unanswered(
    'HOST is the node itself, which only the node can ask',
    'Nothing to do if every node runs this registry; otherwise name a registry that the cluster can reach.',
  ),
  'address-denied': unanswered(
    'Pullgate does not send this request',
    'If the address is right, allow it in registries.addresses.allow or registries.realms.',
  ),
  'deadline-exceeded': unanswered(
    'there was no time left to ask HOST',
    'Try again: what is slow now is often remembered then.',
  ),
  'registry-paused': unanswered('too many questions to HOST are waiting', 'Try again in a moment.'),
  'internal-error': unanswered('Pullgate failed', 'Try again; if it stays, look into its log and report the fault.'),

  'node-credentials': unknown(
    ({ name, host }) =>
      `Not known whether ${name} can be pulled: ${host} does not serve it to us, but nodes may have credentials of their own for it.`,
    () => 'Nothing to do where the nodes may pull from it; otherwise add a pull secret.',
  ),
  'proxy-cache': unknown(
    ({ name, host, said: answer }) =>
      `Not known whether ${name} can be pulled: ${host}, a pull-through cache, answered ${answer}, which proves nothing.`,
    () => 'Look for the image in the registry behind the cache.',
  ),
  'credential-pending': unknown(
    ({ name, host, pending }) =>
      `Not known whether ${name} can be pulled: ${host} does not serve it without ${pending}, which does not exist yet.`,
    ({ pending }) => `Create ${pending} and apply again.`,
  ),
  'cluster-unavailable': unknown(
    ({ why }) => `The cluster could not be asked: ${why}.`,
    () => 'Try again; check that Pullgate reaches the API server.',
  ),
}

/** Adding the kind to its details, checked as one pair. */
export const causeOf = <K extends CauseId>(id: K, details: Details[K]): Cause<K> => ({ id, ...details })

// Each of these takes one union member at a time; the compiler cannot see that `id` and the row belong together.
const rowOf = (cause: Cause): Row<CauseId> => causes[cause.id] as Row<CauseId>

export const certaintyOf = (cause: Cause): Certainty => rowOf(cause).certainty
export const explain = (cause: Cause): string => rowOf(cause).explain(cause)
export const remedyFor = (cause: Cause): string => rowOf(cause).remedy(cause)
