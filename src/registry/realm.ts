import { isIP } from 'node:net'

// Whether a credential may go to the token server that a registry names. containerd sends it anywhere; here the realm
// has to belong to the registry: the same host (any port), the same registrable domain, or a pair the operator allows.
//
// There is no public suffix list in the house, so "registrable" is decided too strictly rather than too loosely: hosts
// share a parent domain of at least two labels, and that parent is neither a well-known place where strangers get names
// (below), nor of the shape XX.YY with two letters at the end and at most three before (co.uk, com.au, but also the
// innocent gcr.io). Where that is too strict, the answer is unknown and one line of configuration mends it. It is too loose
// for suffixes of three labels (city.kawasaki.jp) and for hosting domains that the lists below do not know.

export type RealmPair = { readonly domain: string; readonly host: string }

export type RealmQuestion = {
  readonly realm: URL
  /** The registry that was asked, and the domain in the image's name: `registry-1.docker.io` and `docker.io`. */
  readonly registry: URL
  readonly imageDomain: string
  readonly pairs: readonly RealmPair[]
}

export const mayReceiveCredential = ({ realm, registry, imageDomain, pairs }: RealmQuestion): boolean =>
  realm.hostname === registry.hostname ||
  shareRegistrableDomain(realm.hostname, registry.hostname) ||
  pairs.some((pair) => names(pair.domain, imageDomain) && names(pair.host, hostWithPort(realm)))

const hostWithPort = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`

// A pair without a port stands for every port.
const names = (written: string, host: string): boolean => {
  const wanted = written.toLowerCase()
  const given = host.toLowerCase()
  return wanted === given || wanted === given.replace(/:\d+$/, '')
}

// Strangers get names directly below these.
const sharedSuffixes = new Set(
  `b-cdn.net blogspot.com cluster.local codeberg.page ddns.net duckdns.org dyndns.org firebaseapp.com fly.dev
   github.io gitlab.io herokuapp.com hf.space hopto.org jfrog.io netlify.app no-ip.org onrender.com pages.dev
   pkg.dev r2.dev railway.app readthedocs.io svc.cluster.local trycloudflare.com ts.net up.railway.app vercel.app
   web.app workers.dev zapto.org`.split(/\s+/),
)
// The second level of a country's domain, where it is longer than three letters: gouv.fr, school.nz.
const countrySecondLevels = new Set('asso firm gouv govt health info name police school shop store'.split(' '))
// Strangers get names anywhere below these.
const sharedTrees = [
  'amazonaws.com',
  'amazonaws.com.cn',
  'appspot.com',
  'azure.com',
  'azurecontainer.io',
  'azurecr.io',
  'azurewebsites.net',
  'cloudapp.net',
  'cloudfront.net',
  'digitaloceanspaces.com',
  'github.dev',
  'googleusercontent.com',
  'ngrok-free.app',
  'ngrok.app',
  'ngrok.dev',
  'ngrok.io',
  'nip.io',
  'on.aws',
  'ondigitalocean.app',
  'oraclecloud.com',
  'run.app',
  'scw.cloud',
  'sslip.io',
  'windows.net',
  'xip.io',
]

const shareRegistrableDomain = (left: string, right: string): boolean => {
  if (isAddress(left) || isAddress(right)) return false
  const parent = commonParent(left.toLowerCase(), right.toLowerCase())
  const labels = parent.split('.')
  if (labels.length < 2 || sharedSuffixes.has(parent)) return false
  if (sharedTrees.some((tree) => parent === tree || parent.endsWith(`.${tree}`))) return false
  return labels.length > 2 || !isCountrySuffix(parent)
}

const isCountrySuffix = (parent: string): boolean => {
  const [, second = ''] = /^([^.]+)\.[a-z]{2}$/.exec(parent) ?? []
  return second !== '' && (second.length <= 3 || countrySecondLevels.has(second))
}

const isAddress = (host: string): boolean => host.startsWith('[') || isIP(host) !== 0

const commonParent = (left: string, right: string): string => {
  const leftLabels = left.split('.').reverse()
  const rightLabels = right.split('.').reverse()
  const end = leftLabels.findIndex((label, index) => label !== rightLabels[index])
  return leftLabels
    .slice(0, end < 0 ? leftLabels.length : end)
    .reverse()
    .join('.')
}
