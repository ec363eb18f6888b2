import { quote } from './quote.ts'

// Each function judges one part of a reference by its line of the grammar at the head of reference.ts and returns what is
// wrong with it, or undefined. A reference is valid when none of them finds anything. All are linear in their input: lengths
// are checked before a pattern that repeats, because an image string may be megabytes long.

const longestPath = 255
const longestTag = 128
const hexDigits: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

// What makes the whole impossible wherever it stands, and deserves a better sentence than the part it happens to stand in.
export const mistakeInWhole = (image: string): string | undefined =>
  mistakeAtEdges(image) ?? mistakeInCharacters(image) ?? mistakenForSomethingElse(image)

const missingBefore: ReadonlyMap<string, string> = new Map([
  ['/', 'the registry or the first part of the name'],
  [':', 'the name'],
  ['@', 'the name'],
])
const missingAfter: ReadonlyMap<string, string> = new Map([
  ['/', 'the last part of the name'],
  [':', 'the tag'],
  ['@', 'the digest'],
])

const mistakeAtEdges = (image: string): string | undefined => {
  const first = image.slice(0, 1)
  const last = image.slice(-1)
  if (image === '') return 'it is empty'
  if (/\s/.test(first)) return 'it begins with whitespace'
  if (/\s/.test(last)) return 'it ends with whitespace'
  if (missingBefore.has(first) && !image.startsWith('::'))
    return `it begins with "${first}", so ${missingBefore.get(first)} is missing`
  if (missingAfter.has(last)) return `it ends with "${last}", so ${missingAfter.get(last)} is missing`
  return undefined
}

const mistakeInCharacters = (image: string): string | undefined => {
  const placeholder = /\$\{[^{}]{0,60}\}|\$\([^()]{0,60}\)|\{\{[^{}]{0,60}\}\}/.exec(image)
  if (placeholder !== null) return `it contains the placeholder ${quote(placeholder[0])}, which nothing has filled in`
  if (/\s/.test(image)) return 'it contains whitespace'
  const foreign = /[^\0-\x7f]/u.exec(image)
  if (foreign !== null) return `it contains the character ${quote(foreign[0])}, which is not ASCII`
  return undefined
}

const mistakenForSomethingElse = (image: string): string | undefined => {
  const scheme = /^[A-Za-z][A-Za-z0-9+.-]{0,20}:\/\//.exec(image)
  if (scheme !== null) return `it begins with ${quote(scheme[0])}, and an image reference has no URL scheme`
  if (image.length === 64 && /^[a-f0-9]{64}$/.test(image))
    return 'it consists of 64 hexadecimal digits, which are read as an image ID and not as a name'
  if (image.startsWith('[') && !image.includes('/')) return `it names the registry ${quote(image)} but no image in it`
  return undefined
}

// Labels of letters, digits and inner dashes, joined by dots: no label is empty and none begins or ends with a dash.
export const isDnsName = (host: string): boolean =>
  host !== '' && !/[^a-zA-Z0-9.-]/.test(host) && !/^[.-]|[.-]$|\.[.-]|-\./.test(host)

const isIpv6Literal = (host: string): boolean =>
  host.length > 2 && host.startsWith('[') && host.endsWith(']') && !/[^a-fA-F0-9:]/.test(host.slice(1, -1))

export const mistakeInDomain = (domain: string): string | undefined => {
  // Nothing of the domain is quoted here: what stands before the "@" may be a password.
  if (domain.includes('@')) return 'it has "@" before the registry host, and credentials belong in a pull secret'
  const { host, port } = splitPort(domain)
  if (!host.startsWith('[') && port?.includes(':') === true)
    return `the registry ${quote(domain)} has more than one ":"; an IPv6 address is written in brackets`
  if (!isDnsName(host) && !isIpv6Literal(host))
    return `the registry host ${quote(host)} is neither a DNS name nor an IPv6 address in brackets`
  if (port === '') return `the port number after ${quote(domain)} is missing`
  if (port !== undefined && /[^0-9]/.test(port)) return `the registry port ${quote(port)} is not a number`
  return undefined
}

const splitPort = (domain: string): { readonly host: string; readonly port?: string } => {
  const colon = domain.indexOf(':', domain.startsWith('[') ? domain.indexOf(']') + 1 : 0)
  return colon < 0 ? { host: domain } : { host: domain.slice(0, colon), port: domain.slice(colon + 1) }
}

export const isPathComponent = (text: string): boolean =>
  text.length <= longestPath && /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/.test(text)

export const mistakeInPath = (path: string): string | undefined => {
  if (path.length > longestPath)
    return `the repository name has ${path.length} characters, more than the ${longestPath} that are allowed`
  const wrong = path.split('/').find((component) => !isPathComponent(component))
  if (wrong === undefined) return undefined
  if (wrong === '') return 'a part of the repository name is empty'
  if (/[A-Z]/.test(wrong)) return `${quote(wrong)} contains upper-case letters, and a repository name has none`
  return `${quote(wrong)} is not a part of a repository name: lower-case letters and digits, joined by ".", "_", "__" or "-"`
}

export const mistakeInTag = (tag: string): string | undefined => {
  if (tag === '') return 'the tag after ":" is missing'
  if (tag.length > longestTag)
    return `the tag has ${tag.length} characters, more than the ${longestTag} that are allowed`
  const wrong = /[^A-Za-z0-9_.-]/.exec(tag)
  if (wrong !== null)
    return `the tag ${quote(tag)} contains ${quote(wrong[0])}, and a tag has only letters, digits, "_", "." and "-"`
  if (/^[.-]/.test(tag)) return `the tag ${quote(tag)} begins with ${quote(tag.slice(0, 1))}`
  return undefined
}

// go-digest knows these three algorithms in the kubelet (pkg/util/parsers imports sha256 and sha512) and wants lower case.
export const mistakeInDigest = (digest: string): string | undefined => {
  const colon = digest.indexOf(':')
  if (colon < 0) return `${quote(digest)} after "@" is not a digest, which is written algorithm:hexadecimal`
  const algorithm = digest.slice(0, colon)
  const encoded = digest.slice(colon + 1)
  const digits = Object.hasOwn(hexDigits, algorithm) ? hexDigits[algorithm] : undefined
  if (digits === undefined) return `the digest algorithm ${quote(algorithm)} is not one of sha256, sha384 and sha512`
  return mistakeInDigestDigits(encoded, algorithm, digits)
}

const mistakeInDigestDigits = (encoded: string, algorithm: string, digits: number): string | undefined => {
  const wrong = /[^0-9a-fA-F]/.exec(encoded)
  if (wrong?.[0] === ':' || wrong?.[0] === '@') return 'something follows the digest; a tag is written before the "@"'
  if (wrong !== null) return `the digest contains ${quote(wrong[0])}, which is not a hexadecimal digit`
  if (encoded.length !== digits) return `the ${algorithm} digest has ${encoded.length} digits instead of ${digits}`
  if (/[A-F]/.test(encoded))
    return 'the digest has upper-case letters, and the hexadecimal digits of a digest are lower-case'
  return undefined
}
