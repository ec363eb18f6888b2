import { Login } from './credential.ts'
import { decodeBase64 } from './go-base64.ts'
import { isFieldName, isSyntaxError, type JsonMember, type JsonValue, readJson } from './go-json.ts'
import { quote } from './quote.ts'
import { type IndexKey, indexKeyOf, printableKey } from './registry-key.ts'
import { decodeUtf8 } from './utf8.ts'

// Docker's configuration as the kubelet decodes it (k8s pkg/credentialprovider/config.go). One entry that does not decode
// fails all of it. `identitytoken`, `registrytoken`, `credHelpers` and `credsStore` mean nothing to the kubelet.
//
// No sentence made here may contain any value of the document, not even a part: it may be a secret, or part of one.

// config.json = {"auths": {key: entry}, "HttpHeaders": {name: value}}; dockercfg = {key: entry}
export type DockerConfigLayout = 'config.json' | 'dockercfg'

export type DecodedEntry = {
  // As written, but for user name, password, query and fragment.
  readonly key: string
  // Undefined when the kubelet cannot parse the key, and therefore leaves the entry out.
  readonly indexKey: IndexKey | undefined
  readonly login: Login
}

export const entryOf = (key: string, login: Login): DecodedEntry => ({
  key: printableKey(key),
  indexKey: indexKeyOf(key),
  login,
})

export type MalformedConfig = { readonly kind: 'malformed'; readonly path: string; readonly why: string }
export type DecodedConfig = { readonly kind: 'decoded'; readonly entries: readonly DecodedEntry[] } | MalformedConfig

type Entries = Map<string, Login>

const malformed = (path: string, why: string): MalformedConfig => ({ kind: 'malformed', path, why })

const kindNames: Readonly<Record<JsonValue['kind'], string>> = {
  object: 'an object',
  string: 'a string',
  array: 'an array',
  number: 'a number',
  boolean: 'a boolean',
  null: 'null',
}

const wrongKind = (path: string, expected: JsonValue['kind'], found: JsonValue['kind']): MalformedConfig =>
  malformed(path, `it must be ${kindNames[expected]} and is ${kindNames[found]}`)

export const decodeDockerConfig = (layout: DockerConfigLayout, bytes: Uint8Array): DecodedConfig => {
  const document = readJson(decodeUtf8(bytes).text)
  if (isSyntaxError(document)) return malformed('$', `it is not JSON (at character ${document.offset + 1})`)
  const entries: Entries = new Map()
  const failure = layout === 'dockercfg' ? readEntries(document, '$', entries) : readConfigJson(document, entries)
  if (failure !== undefined) return failure
  return { kind: 'decoded', entries: [...entries].map(([key, login]) => entryOf(key, login)) }
}

const readConfigJson = (document: JsonValue, entries: Entries): MalformedConfig | undefined => {
  if (document.kind === 'null') return undefined
  if (document.kind !== 'object') return wrongKind('$', 'object', document.kind)
  for (const { name, value } of document.members) {
    const failure = readConfigField(name, value, entries)
    if (failure !== undefined) return failure
  }
  return undefined
}

const readConfigField = (name: string, value: JsonValue, entries: Entries): MalformedConfig | undefined => {
  if (isFieldName(name, 'auths')) return readEntries(value, `$.${name}`, entries)
  return isFieldName(name, 'HttpHeaders') ? checkHeaders(value, `$.${name}`) : undefined
}

const checkHeaders = (headers: JsonValue, path: string): MalformedConfig | undefined => {
  if (headers.kind === 'null') return undefined
  if (headers.kind !== 'object') return wrongKind(path, 'object', headers.kind)
  const wrong = headers.members.find(({ value }) => value.kind !== 'string' && value.kind !== 'null')
  return wrong === undefined ? undefined : wrongKind(`${path}[${quote(wrong.name)}]`, 'string', wrong.value.kind)
}

// A Go map: a second object merges into it, null empties it, and a repeated key replaces the whole entry.
const readEntries = (auths: JsonValue, path: string, entries: Entries): MalformedConfig | undefined => {
  if (auths.kind === 'null') entries.clear()
  else if (auths.kind !== 'object') return wrongKind(path, 'object', auths.kind)
  else
    for (const { name, value } of auths.members) {
      const login = readEntry(value, `${path}[${quote(printableKey(name))}]`)
      if (!(login instanceof Login)) return login
      entries.set(name, login)
    }
  return undefined
}

const stringFields = ['username', 'password', 'email', 'auth'] as const
type StringFields = Partial<Record<(typeof stringFields)[number], string>>

// config.go: DockerConfigEntry.UnmarshalJSON. An empty or null entry is a credential all the same, and an anonymous one.
const readEntry = (entry: JsonValue, path: string): Login | MalformedConfig => {
  if (entry.kind !== 'object' && entry.kind !== 'null') return wrongKind(path, 'object', entry.kind)
  const fields: StringFields = {}
  for (const member of entry.kind === 'object' ? entry.members : []) {
    const failure = readField(member, fields, path)
    if (failure !== undefined) return failure
  }
  const { username = '', password = '', auth = '' } = fields
  return auth === '' ? new Login(username, password) : readAuth(auth, `${path}.auth`)
}

// A later null keeps what an earlier member of the same name said.
const readField = ({ name, value }: JsonMember, fields: StringFields, path: string): MalformedConfig | undefined => {
  const field = stringFields.find((candidate) => isFieldName(name, candidate))
  if (field === undefined || value.kind === 'null') return undefined
  if (value.kind !== 'string') return wrongKind(`${path}.${field}`, 'string', value.kind)
  fields[field] = value.text
  return undefined
}

const colon = 0x3a

// config.go: decodeDockerConfigFieldAuth. Nothing is trimmed from the decoded text: `echo user:pass | base64` makes a
// password that ends in a line break.
const readAuth = (auth: string, path: string): Login | MalformedConfig => {
  const decoded = decodeAuth(auth)
  if (decoded === undefined) return malformed(path, `it is not base64${hintOn(auth)}`)
  const end = decoded.indexOf(colon)
  if (end < 0) return malformed(path, `it must be base64 of username:password, and ${colonless(decoded)}`)
  const username = decodeUtf8(decoded.subarray(0, end))
  const password = decodeUtf8(decoded.subarray(end + 1))
  return new Login(username.text, password.text, !username.isWellFormed || !password.isWellFormed)
}

const decodeAuth = (auth: string): Uint8Array | undefined =>
  decodeBase64(auth, /=[\r\n]*$/.test(auth) ? 'padded' : 'unpadded')

const hintOn = (auth: string): string => {
  if (auth.includes(':')) return '; it looks like username:password, not yet encoded'
  if (/[ \t]/.test(auth)) return '; it contains a space'
  if (/[-_]/.test(auth)) return '; it uses the URL-safe alphabet ("-" and "_" for "+" and "/")'
  return /[^A-Za-z0-9+/=\r\n]/.test(auth) ? '' : '; its padding or its length is wrong'
}

const colonless = (decoded: Uint8Array): string =>
  decodeAuth(decodeUtf8(decoded).text.trim())?.includes(colon) === true
    ? 'it is encoded twice'
    : 'the decoded text has no ":"'
