import { Credential, type Login } from './credential.ts'
import type { DecodedEntry } from './docker-config.ts'
import { nameOf, type Reference } from './reference.ts'
import { type IndexKey, matches, parsePattern, type RegistryPattern } from './registry-key.ts'
import { byteStringOf } from './utf8.ts'

// Which credentials the kubelet tries for an image, and in which order (k8s pkg/credentialprovider/keyring.go: Lookup).
// An empty answer means one anonymous attempt; otherwise each credential has its turn and anonymous has none.

export type CredentialSource = {
  // Such as "secret/shop/regcred".
  readonly label: string
  readonly entries: readonly DecodedEntry[]
}

type Slot = { readonly label: string; readonly key: string; readonly login: Login }
type Candidate = {
  readonly indexKey: IndexKey
  readonly pattern: RegistryPattern | undefined
  readonly slots: readonly Slot[]
}
type Ring = { readonly candidates: readonly Candidate[]; readonly keys: readonly string[] }

// Several rings stand for the kubelet's union of pod secrets, node configuration and plugins: each is looked up on its own.
export type Keyring = { readonly rings: readonly Ring[] }

// `sources` in the order of imagePullSecrets, which decides between entries of one key.
export const buildKeyring = (sources: readonly CredentialSource[]): Keyring => {
  const slotsByKey = new Map<IndexKey, Slot[]>()
  for (const { label, entries } of sources) {
    for (const { key, indexKey, login } of entries) {
      if (indexKey !== undefined) addSlot(slotsByKey, indexKey, { label, key, login })
    }
  }
  const keys = sources.flatMap(({ entries }) => entries.map(({ key }) => key))
  return { rings: [{ candidates: candidatesOf(slotsByKey), keys }] }
}

const addSlot = (slotsByKey: Map<IndexKey, Slot[]>, indexKey: IndexKey, slot: Slot): void => {
  const slots = slotsByKey.get(indexKey)
  if (slots === undefined) slotsByKey.set(indexKey, [slot])
  else slots.push(slot)
}

// Reverse byte order: a longer path before its prefix, a letter before "*".
const candidatesOf = (slotsByKey: ReadonlyMap<IndexKey, readonly Slot[]>): readonly Candidate[] =>
  [...slotsByKey]
    .sort(([left], [right]) => (left < right ? 1 : -1))
    .map(([indexKey, slots]) => ({ indexKey, pattern: parsePattern(indexKey), slots }))

export const joinKeyrings = (...keyrings: readonly Keyring[]): Keyring => ({
  rings: keyrings.flatMap(({ rings }) => rings),
})

// For messages: which keys there are, those included that match nothing, each once and in the order of their sources.
export const keysOf = ({ rings }: Keyring): readonly string[] => [...new Set(rings.flatMap(({ keys }) => keys))]

// `image` is a reference or a normalised name, such as `docker.io/library/nginx`.
export const lookup = ({ rings }: Keyring, image: Reference | string): readonly Credential[] => {
  const name = typeof image === 'string' ? image : nameOf(image)
  return rings.flatMap((ring) => lookupInRing(ring, name))
}

const lookupInRing = ({ candidates }: Ring, name: string): readonly Credential[] => {
  if (candidates.length === 0) return []
  const target = parsePattern(byteStringOf(name))
  const matching = candidates.filter(
    ({ pattern }) => target !== undefined && pattern !== undefined && matches(pattern, target),
  )
  if (matching.length > 0) return matching.flatMap(({ slots }) => slots.map((slot) => credentialOf(slot, false)))
  if (!fallsBackToHub(name)) return []
  const hub = candidates.find(({ indexKey }) => indexKey === 'index.docker.io')
  return (hub?.slots ?? []).map((slot) => credentialOf(slot, !isHubName(name)))
}

const credentialOf = ({ label, key, login }: Slot, viaHubFallback: boolean): Credential =>
  new Credential({ label, matchedKey: key, login, viaHubFallback })

const isHubName = (name: string): boolean => /^(?:index\.)?docker\.io\//.test(name)

// keyring.go: isDefaultRegistryMatch. A first part without "." and ":" counts as Docker Hub, although normalised names
// with such a first part are those of other registries.
const fallsBackToHub = (name: string): boolean => isHubName(name) || /^[^/.:]+\//.test(name) || /^[^/]+$/.test(name)
