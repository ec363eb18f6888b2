/**
 * Commands that mend something, ready to be pasted: what is in capitals is for the user to fill in. Names in an object
 * are chosen by whoever wrote it, perhaps not by whoever pastes: what is no name is not repeated in a command.
 */
import { isObjectName } from './object-name.ts'

type SecretPlace = { readonly secret: string; readonly namespace: string; readonly server: string }

/**
 * The key a pull secret needs for an image. Docker Hub's is the one `docker login` writes; `registry-1.docker.io` and
 * the URL without its last slash never match (keyring.go: Lookup).
 */
export const serverFor = (name: string): string => {
  const host = name.split('/', 1)[0] ?? ''
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host
}

export const pasted = (name: string): string => (isObjectName(name) ? name : 'NAME')

export const createSecret = ({ secret, namespace, server }: SecretPlace): string =>
  `kubectl create secret docker-registry ${pasted(secret)} -n ${namespace} --docker-server=${server} --docker-username=USER --docker-password=PASSWORD`

/** The type of a Secret cannot change in place, its data can. */
export const replaceSecret = (place: SecretPlace): string =>
  `${createSecret(place)} --dry-run=client -o yaml | kubectl apply -f -`

export const nameVersion = ({ name }: { readonly name: string }): string =>
  `Name a version (${name}:VERSION) or a digest (${name}@sha256:DIGEST).`

type MissingTag = { readonly tag: string; readonly suggestions: readonly string[] }

/** Nobody should be told to push latest. */
export const otherTags = ({ tag, suggestions }: MissingTag): string => {
  const asked = suggestions.length === 0 ? '' : `Did you mean ${suggestions.join(', ')}?`
  if (tag === 'latest') return asked === '' ? 'Name a version that was pushed.' : asked
  return asked === '' ? `Push ${tag} first, or correct the tag.` : `${asked} Otherwise push ${tag} first.`
}

export const allowReading = ({ namespace }: { readonly namespace: string }): string =>
  `Allow it: kubectl create rolebinding pullgate-pull-secrets -n ${namespace} --clusterrole=pullgate-pull-secrets --serviceaccount=pullgate-system:pullgate`

/** Four keys are enough to see a misspelt one. */
const keysShown = 4

export const whatSecretsHave = (keys: readonly string[]): string => {
  if (keys.length === 0) return 'the pod has no pull secret that could open it'
  const more = keys.length > keysShown ? ` and ${keys.length - keysShown} more` : ''
  return `none of the keys in its pull secrets matches: ${keys.slice(0, keysShown).join(', ')}${more}`
}

type Renewal = { readonly credential: string; readonly name: string; readonly keys: readonly string[] }

/** `secret/shop/regcred` -> the command that writes it anew, and only where nothing else in it would be lost. */
export const renew = ({ credential, name, keys }: Renewal): string => {
  const [source, namespace, secret] = credential.split('/')
  if (source !== 'secret' || namespace === undefined || secret === undefined)
    return `Renew the credential in ${credential}.`
  if (keys.length < 2) return `Renew it: ${replaceSecret({ secret, namespace, server: serverFor(name) })}`
  const whole = `kubectl create secret generic ${secret} -n ${namespace} --type=kubernetes.io/dockerconfigjson --from-file=.dockerconfigjson=config.json --dry-run=client -o yaml | kubectl apply -f -`
  return `Log in anew with docker login, keep the other ${keys.length - 1} of its ${keys.length} registries in the same config.json, and write it: ${whole}`
}
