import type { ByteString } from './utf8.ts'

// http and https URLs as Go's net/url reads them (url.go: Parse). WHATWG's URL is no substitute: it lower-cases hosts,
// rewrites numeric ones, drops default ports and accepts what Go refuses. Works on byte strings, because an escape may
// stand for a byte that is no UTF-8.

export type HttpUrl = { readonly host: ByteString; readonly path: ByteString }

const hasControl = /[\0-\x1f\x7f]/
const badEscape = /%(?![0-9a-fA-F]{2})/
// ASCII that may not stand in a host; "/", "?", "#" and "@" never reach it.
const foreignInHost = /[\\^`{|} ]/
const foreignInUserinfo = /[^A-Za-z0-9\-._:~!$&'()*+,;=%@]/

const unescape = (text: ByteString): ByteString | undefined =>
  badEscape.test(text)
    ? undefined
    : text.replace(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))

export const parseHttpUrl = (url: ByteString): HttpUrl | undefined => {
  const [beforeFragment, fragment] = cut(url, '#')
  if (hasControl.test(beforeFragment) || badEscape.test(fragment)) return undefined
  const [hierarchy] = cut(beforeFragment.replace(/^https?:\/\//, ''), '?')
  const slash = hierarchy.indexOf('/')
  const host = parseAuthority(slash < 0 ? hierarchy : hierarchy.slice(0, slash))
  const path = unescape(slash < 0 ? '' : hierarchy.slice(slash))
  return host === undefined || path === undefined ? undefined : { host, path }
}

const cut = (text: string, separator: string): readonly [string, string] => {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

const parseAuthority = (authority: ByteString): ByteString | undefined => {
  const at = authority.lastIndexOf('@')
  const userinfo = authority.slice(0, Math.max(at, 0))
  if (foreignInUserinfo.test(userinfo) || badEscape.test(userinfo)) return undefined
  const host = authority.slice(at + 1)
  return host.startsWith('[') ? parseBracketed(host) : parseHostName(host)
}

// A second ":" is refused since Go 1.26 for http and https.
const parseHostName = (host: ByteString): ByteString | undefined => {
  const colon = host.indexOf(':')
  if (host.includes('[') || (colon >= 0 && !/^[0-9]*$/.test(host.slice(colon + 1)))) return undefined
  return unescapeHost(host)
}

// Escapes in a host may only stand for bytes outside ASCII.
const unescapeHost = (host: ByteString): ByteString | undefined =>
  foreignInHost.test(host) || /%[0-7]/.test(host) ? undefined : unescape(host)

// "[" address [ "%25" zone ] "]" [ ":" port ]
const parseBracketed = (host: ByteString): ByteString | undefined => {
  const close = host.lastIndexOf(']')
  const port = host.slice(close + 1)
  if (close < 0 || host.lastIndexOf('[') > 0 || !/^(?::[0-9]*)?$/.test(port)) return undefined
  const inside = host.slice(1, close)
  const zoneAt = inside.indexOf('%25')
  const address = zoneAt < 0 ? inside : inside.slice(0, zoneAt)
  // net/url also refuses most escapes in a zone. That needs no rule here: what they stand for cannot be written plainly, so
  // that the second parsing of an index key refuses it.
  const zone = zoneAt < 0 ? '' : unescape(inside.slice(zoneAt))
  if (zone === undefined || zone === '%' || foreignInHost.test(inside) || !isIpv6Address(address)) return undefined
  return `[${address}${zone}]${port}`
}

// netip: ParseAddr, for what stands in brackets: an IPv6 address, also one that ends in an IPv4 address, and no IPv4 alone.
const isIpv6Address = (address: string): boolean => {
  const ipv4At = address.lastIndexOf(':') + 1
  const endsInIpv4 = ipv4At > 0 && isIpv4Address(address.slice(ipv4At))
  const groups = endsInIpv4 ? `${address.slice(0, ipv4At)}0:0` : address
  const halves = groups.split('::')
  if (halves.length > 2) return false
  const fields = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  if (!fields.every((field) => /^[0-9a-fA-F]{1,4}$/.test(field))) return false
  return halves.length === 2 ? fields.length < 8 : fields.length === 8
}

const isIpv4Address = (address: string): boolean =>
  /^(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(?:\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}$/.test(address)
