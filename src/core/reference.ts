import {
  isDnsName,
  isPathComponent,
  mistakeInDigest,
  mistakeInDomain,
  mistakeInPath,
  mistakeInTag,
  mistakeInWhole,
} from './reference-mistake.ts'

// Image references as the kubelet and containerd read them: distribution/reference v0.6.0, ParseNormalizedNamed.
//
//   reference := name [ ":" tag ] [ "@" digest ]
//   name      := [ domain "/" ] path                       path: at most 255 bytes
//   domain    := host [ ":" [0-9]+ ]                       any number of port digits, not range-checked
//   host      := label ( "." label )* | "[" [a-fA-F0-9:]+ "]"
//   label     := [a-zA-Z0-9] | [a-zA-Z0-9] [a-zA-Z0-9-]* [a-zA-Z0-9]
//   path      := component ( "/" component )*
//   component := [a-z0-9]+ ( ( [._] | "__" | "-"+ ) [a-z0-9]+ )*
//   tag       := [A-Za-z0-9_] [A-Za-z0-9_.-]{0,127}
//   digest    := ( "sha256:" hex{64} | "sha384:" hex{96} | "sha512:" hex{128} )     hex := [0-9a-f]
//
// Before that, 64 lower-case hexadecimal digits are refused, and the text before the first "/" counts as a domain only if
// it is "localhost", contains "." or ":" or an upper-case letter; otherwise the image is on Docker Hub.

export type Reference = {
  // Empty for names such as `ho_st.com/x`, whose first component is a path component but no host name.
  readonly domain: string
  readonly path: string
  // As written: `nginx` has no tag here. What is pulled is `pullTarget`.
  readonly tag?: string
  readonly digest?: string
}

export type InvalidReference = {
  // The end of a sentence: `"nginx:" is not an image reference: it ends with ":", so the tag is missing`.
  readonly invalid: string
}

export type PullTarget =
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'digest'; readonly digest: string }

const dockerHub = 'docker.io'

export const parseReference = (image: string): Reference | InvalidReference => {
  const mistake = mistakeInWhole(image)
  if (mistake !== undefined) return { invalid: mistake }
  const { domain, remainder } = splitDomain(image)
  const { path, tag, digest } = splitRemainder(remainder)
  const named = resolveName(domain, path)
  if (isInvalid(named)) return named
  const invalid =
    mistakeInPath(named.path) ??
    (tag === undefined ? undefined : mistakeInTag(tag)) ??
    (digest === undefined ? undefined : mistakeInDigest(digest))
  if (invalid !== undefined) return { invalid }
  return { ...named, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

export const isInvalid = (parsed: object): parsed is InvalidReference => 'invalid' in parsed

// normalize.go: splitDockerDomain.
const splitDomain = (image: string): { readonly domain: string; readonly remainder: string } => {
  const slash = image.indexOf('/')
  if (slash < 0) return { domain: dockerHub, remainder: `library/${image}` }
  const first = image.slice(0, slash)
  const rest = image.slice(slash + 1)
  // The legacy name is compared case-sensitively, and only without a port.
  const onHub = first === dockerHub || first === 'index.docker.io'
  if (onHub) return { domain: dockerHub, remainder: rest.includes('/') ? rest : `library/${rest}` }
  if (first === 'localhost' || /[.:A-Z]/.test(first)) return { domain: first, remainder: rest }
  return { domain: dockerHub, remainder: image }
}

// "@" is in no name and no tag, ":" is in no path: the first of each separates, and what follows is judged on its own.
const splitRemainder = (
  remainder: string,
): { readonly path: string; readonly tag?: string; readonly digest?: string } => {
  const at = remainder.indexOf('@')
  const tagged = at < 0 ? remainder : remainder.slice(0, at)
  const digest = at < 0 ? {} : { digest: remainder.slice(at + 1) }
  const colon = tagged.indexOf(':')
  if (colon < 0) return { path: tagged, ...digest }
  return { path: tagged.slice(0, colon), tag: tagged.slice(colon + 1), ...digest }
}

// reference.go: Parse matches the domain optionally, so that what is no host but would be a path component becomes the
// first component of a name without a domain.
const resolveName = (domain: string, path: string): Reference | InvalidReference => {
  if (!isDnsName(domain) && isPathComponent(domain)) return { domain: '', path: `${domain}/${path}` }
  const invalid = mistakeInDomain(domain)
  return invalid === undefined ? { domain, path } : { invalid }
}

// The normalised name, without tag and digest: `docker.io/library/nginx`. The kubelet looks credentials up by it.
export const nameOf = ({ domain, path }: Reference): string => (domain === '' ? path : `${domain}/${path}`)

export const formatReference = (reference: Reference): string => {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${nameOf(reference)}${tag}${digest}`
}

export const isOnDockerHub = ({ domain }: Reference): boolean => domain === dockerHub

// containerd takes the text before the first "/" of the name for the host (pkg/reference/reference.go: Spec.Hostname), and
// Docker Hub's registry has another name than its images (core/remotes/docker: DefaultHost).
export const registryHostOf = (reference: Reference): string => {
  if (isOnDockerHub(reference)) return 'registry-1.docker.io'
  const name = nameOf(reference)
  return name.slice(0, name.indexOf('/'))
}

// The repository in the registry's own paths: /v2/<repository>/manifests/….
export const repositoryOf = (reference: Reference): string => {
  const name = nameOf(reference)
  return name.slice(name.indexOf('/') + 1)
}

// containerd drops the tag when there is a digest and never looks it up (ParseDockerRef); without both it adds `latest`.
export const pullTarget = ({ tag, digest }: Reference): PullTarget =>
  digest === undefined ? { kind: 'tag', tag: tag ?? 'latest' } : { kind: 'digest', digest }
