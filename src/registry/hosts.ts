import { isIP } from 'node:net'
import { isOnDockerHub, type Reference, registryHostOf } from '../core/reference.ts'
import type { Guard } from './guard.ts'
import { type Unanswered, unanswered } from './unanswered.ts'

// Which hosts are asked for a reference, and how: containerd without a hosts.toml (core/remotes/docker/config/hosts.go).

export type Host = {
  /** As the user knows it: `registry-1.docker.io`, `reg.example:5000`. */
  readonly name: string
  readonly scheme: 'https' | 'http'
  readonly isVerified: boolean
  /** Ask over http what does not speak TLS (resolver.go: httpFallback). */
  readonly fallsBackToHttp: boolean
  /** The Docker Hub credential belongs here. */
  readonly isDockerHub: boolean
}

export type Plan =
  | { readonly name: string; readonly hosts: readonly Host[] }
  | { readonly name: string; readonly trouble: Unanswered }

export const planHosts = (reference: Reference, guard: Guard): Plan => {
  const name = registryHostOf(reference)
  const { host, port } = splitPort(name)
  const trouble = hostTrouble(host, port) ?? localTrouble(host, guard)
  if (trouble !== undefined) return { name, trouble }
  return { name, hosts: [{ name, isDockerHub: isOnDockerHub(reference), ...speech(host, port) }] }
}

type Speech = Pick<Host, 'scheme' | 'isVerified' | 'fallsBackToHttp'>

const speech = (host: string, port: number | undefined): Speech => {
  if (!isLocalhost(host, port)) return { scheme: 'https', isVerified: true, fallsBackToHttp: false }
  if (port === 80) return { scheme: 'http', isVerified: false, fallsBackToHttp: false }
  return { scheme: 'https', isVerified: false, fallsBackToHttp: port !== undefined && port !== 443 }
}

const splitPort = (name: string): { readonly host: string; readonly port?: number } => {
  const [, host = name, digits] = /^(.*?)(?::(\d+))?$/.exec(name) ?? []
  return digits === undefined ? { host } : { host, port: Number(digits) }
}

// WHATWG rewrites what looks like a number (127.1, 0x7f.1, 2130706433) into an address. Go asks the resolver for such a
// name, which has none.
const hostTrouble = (host: string, port: number | undefined): Unanswered | undefined => {
  if (port !== undefined && port > 65_535) return unanswered('registry-unreachable', 'invalid port')
  const isLiteral = host.startsWith('[')
  const isAsWritten = isLiteral
    ? isIP(host.slice(1, -1)) === 6
    : URL.canParse(`https://${host}/`) && new URL(`https://${host}/`).hostname === host.toLowerCase()
  return isAsWritten ? undefined : unanswered('registry-unresolved', 'not a host name that can be resolved')
}

const localTrouble = (host: string, guard: Guard): Unanswered | undefined => {
  const address = host.toLowerCase() === 'localhost' ? '127.0.0.1' : host.replace(/^\[|\]$/g, '')
  if (isIP(address) === 0 || guard.refusalOf(address) !== 'a loopback address') return undefined
  return unanswered('registry-local', 'a loopback address is another host on every node')
}

// core/remotes/docker/registry.go: MatchLocalhost. `[::1]` is among them only with a port.
const isLocalhost = (host: string, port: number | undefined): boolean =>
  host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.')) || (host === '[::1]' && port !== undefined)
