import { parseHttpUrl } from './go-url.ts'
import { type ByteString, byteStringOf } from './utf8.ts'

// The keys of pull secrets: how the kubelet reads them and which images they match
// (k8s pkg/credentialprovider/keyring.go: BasicDockerKeyring.Add, URLsMatch, SplitURL).

// host [ ":" port ] [ path ], what remains of a key; the keyring is sorted by it.
export type IndexKey = ByteString

// No DNS name is longer (RFC 1035, 2.3.4), so what stars make of a longer label decides nothing, but searching one of
// megabytes for a pattern of megabytes would take minutes.
const longestName = 255

export type RegistryPattern = {
  readonly hostLabels: readonly ByteString[]
  readonly port: ByteString
  readonly path: ByteString
}

// A key may be written as a URL with a user name, a password or a token in it. A password may hold any character, so all
// that precedes the last "@" is hidden, also where it is no user information.
export const printableKey = (key: string): string => key.replace(/^(https?:\/\/)?.*@/s, '$1…@').replace(/[?#].*$/s, '')

// Undefined for a key that is no URL: the kubelet logs that and ignores the entry. "/v1" and "/v2" count as nothing only
// when a "/" follows, so `https://index.docker.io/v1` is a path and matches no image.
export const indexKeyOf = (key: string): IndexKey | undefined => {
  const url = parseHttpUrl(byteStringOf(/^https?:\/\//.test(key) ? key : `https://${key}`))
  if (url === undefined) return undefined
  const path = url.path.replace(/^\/v[12](?=\/)/, '')
  return path === '/' ? url.host : url.host + path
}

// Undefined for what is no URL without its scheme. An index key is parsed a second time here, as the kubelet does at every
// look-up, so that escapes in its path are decoded twice.
export const parsePattern = (schemeless: ByteString): RegistryPattern | undefined => {
  const url = parseHttpUrl(`https://${schemeless}`)
  if (url === undefined) return undefined
  const { host, port } = splitHostPort(url.host)
  return { hostLabels: host.split('.'), port, path: url.path }
}

// net.SplitHostPort, whose every error means "no port". Brackets are only taken off together with a port.
const splitHostPort = (hostPort: ByteString): { readonly host: ByteString; readonly port: ByteString } => {
  const bracketed = /^\[([^\]]*)\]:([0-9]*)$/.exec(hostPort) ?? /^([^[\]:]*):([0-9]*)$/.exec(hostPort)
  return { host: bracketed?.[1] ?? hostPort, port: bracketed?.[2] ?? '' }
}

export const matches = (pattern: RegistryPattern, target: RegistryPattern): boolean =>
  pattern.port === target.port &&
  pattern.hostLabels.length === target.hostLabels.length &&
  // A plain prefix: "/te" matches "/team/app", and "/team/app/" does not match "/team/app".
  target.path.startsWith(pattern.path) &&
  pattern.hostLabels.every((label, position) => matchesLabel(label, target.hostLabels[position] ?? ''))

// filepath.Match, as far as a parsed host can hold its syntax: "?" and "\" cannot stand in one, and "[" only begins an
// IPv6 address, which then acts as a class of characters, so that it does not match itself.
const matchesLabel = (glob: ByteString, label: ByteString): boolean => {
  if (label.length > longestName) return glob === label
  if (!glob.startsWith('[')) return matchesStars(glob, label)
  const close = glob.indexOf(']')
  return (
    label !== '' &&
    close > 0 &&
    isInClass(glob.slice(1, close), label.charAt(0)) &&
    matchesStars(glob.slice(close + 1), label.slice(1))
  )
}

const isInClass = (members: ByteString, character: string): boolean => {
  const ranges = members.match(/[^-](?:-[^-])?/g) ?? []
  if (members === '' || ranges.join('') !== members) return false
  return ranges.some((range) => range.charAt(0) <= character && character <= range.charAt(range.length - 1))
}

const matchesStars = (glob: ByteString, label: ByteString): boolean => {
  const [first = '', ...rest] = glob.split('*')
  const last = rest.pop()
  if (last === undefined) return glob === label
  if (!label.startsWith(first) || !label.endsWith(last)) return false
  let at = first.length
  for (const literal of rest) {
    const found = label.indexOf(literal, at)
    if (found < 0) return false
    at = found + literal.length
  }
  return at <= label.length - last.length
}

// Patterns in the form of `matchImages` of a kubelet's CredentialProviderConfig, where "/v1/" and "/v2/" have no special
// meaning; a pattern that is no URL matches nothing. They are parsed once, names at every call.
export const imageMatcher = (patterns: readonly string[]): ((imageName: string) => boolean) => {
  const parsed = patterns
    .map((pattern) => parsePattern(byteStringOf(pattern)))
    .filter((pattern) => pattern !== undefined)
  return (imageName) => {
    const target = parsePattern(byteStringOf(imageName))
    return target !== undefined && parsed.some((pattern) => matches(pattern, target))
  }
}
