import ipaddr from 'ipaddr.js'

// Which addresses may be spoken to at all. Image names are written by whoever may create a Pod, so without this a Pod
// could make Pullgate knock at the metadata service, at the node, or at the API server. Private ranges stay open:
// registries inside are ordinary.

type Address = ipaddr.IPv4 | ipaddr.IPv6
type Range = [Address, number]

export type GuardOptions = {
  /** CIDRs or single addresses; `deny` wins over `allow`, `allow` wins over what is denied by nature. */
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  /** The API server's own. */
  readonly denyAddresses: readonly string[]
}

export type Guard = {
  /** Why this address may not be contacted, or `undefined`. Takes IPs only, with or without brackets. */
  readonly refusalOf: (address: string) => string | undefined
}

const deniedKinds = new Map([
  ['linkLocal', 'link-local'],
  ['loopback', 'loopback'],
  ['unspecified', 'unspecified'],
  ['multicast', 'multicast'],
  ['broadcast', 'broadcast'],
  ['reserved', 'reserved'],
  ['discard', 'discard'],
  ['deprecatedSiteLocal', 'site-local'],
])

// AWS (169.254.169.254 is link-local), Google, Alibaba, Azure, Oracle.
const metadataServices = ['fd00:ec2::254', 'fd20:ce::254', '100.100.100.200', '168.63.129.16', '192.0.0.192']

export const createGuard = (options: GuardOptions): Guard => {
  const allowed = options.allow.map(parseRange)
  const denied = options.deny.map(parseRange)
  const apiServer = options.denyAddresses.map(parseRange)
  const metadata = metadataServices.map(parseRange)
  const refusalOfFace = (address: Address): string | undefined => {
    if (isIn(address, denied)) return 'a denied address'
    if (isIn(address, allowed)) return undefined
    if (isIn(address, apiServer)) return "the API server's address"
    if (isIn(address, metadata)) return 'a metadata service'
    const kind = deniedKinds.get(address.range())
    return kind === undefined ? undefined : `a ${kind} address`
  }
  return {
    refusalOf: (text) => {
      const literal = text.replace(/^\[|\]$/g, '')
      if (!ipaddr.isValid(literal)) return 'no IP address'
      return facesOf(ipaddr.process(literal))
        .map(refusalOfFace)
        .find((refusal) => refusal !== undefined)
    },
  }
}

/** Throws on what is no CIDR: the configuration has been checked before. */
const parseRange = (text: string): Range => {
  const bare = text.replace(/^\[|\]$/g, '')
  if (bare.includes('/')) return ipaddr.parseCIDR(bare)
  const address = ipaddr.process(bare)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

const isIn = (address: Address, ranges: readonly Range[]): boolean =>
  ranges.some(([base, bits]) => base.kind() === address.kind() && address.match(base, bits))

// An IPv6 address that carries an IPv4 one is judged as both, since a translator may take it there. IPv4-mapped ones
// have been unwrapped already. Where the IPv4 address starts: 96 bits for ::/96, RFC 6145 and RFC 6052, 16 bits for 6to4.
const facesOf = (address: Address): readonly Address[] => {
  if (address instanceof ipaddr.IPv4) return [address]
  const bytes = address.toByteArray()
  const start = embeddingStart(address, bytes)
  if (start === undefined) return [address]
  return [address, new ipaddr.IPv4(bytes.slice(start, start + 4))]
}

const embeddingStart = (address: ipaddr.IPv6, bytes: readonly number[]): number | undefined => {
  switch (address.range()) {
    case '6to4':
      return 2
    case 'rfc6145':
    case 'rfc6052':
      return 12
    default:
      return bytes.slice(0, 12).every((byte) => byte === 0) && address.range() === 'unicast' ? 12 : undefined
  }
}
