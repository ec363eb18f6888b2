import { lookup as systemLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import tls from 'node:tls'
import { Agent, buildConnector, type Dispatcher, Pool } from 'undici'
import { AddressDenied } from './failure.ts'
import type { Guard } from './guard.ts'

// Connections to registries. HTTP/1.1 only, as containerd (its own DialContext switches HTTP/2 off in Go).

export type Transport = {
  readonly verified: Dispatcher
  /** For `localhost` names alone, whose certificates containerd does not check (config/hosts.go). */
  readonly unverified: Dispatcher
  readonly close: () => Promise<void>
}

export type TransportOptions = {
  readonly guard: Guard
  /** PEM, one or several. */
  readonly extraCa?: string
  /** How names become addresses; the system's resolver unless a test says otherwise. */
  readonly lookup?: LookupFunction
}

const connectMilliseconds = 10_000
// Deadlines are signals; these only clean up should one ever be missing.
const backstopMilliseconds = 60_000
const connectionsPerOrigin = 16
// Image names are user input: without a bound they could hold any number of pools open.
const mostOrigins = 512
const longestHeaders = 16 * 1024
// Above the largest body anybody here reads, which is a manifest of 4 393 216 bytes.
const longestBody = 5 * 1024 * 1024

export const createTransport = (options: TransportOptions): Transport => {
  const verified = createAgent(options, trustOf(options.extraCa))
  const unverified = createAgent(options, { rejectUnauthorized: false })
  return {
    verified,
    unverified,
    close: async () => {
      await Promise.all([verified.destroy(), unverified.destroy()])
    },
  }
}

type Trust = { readonly secureContext?: tls.SecureContext; readonly rejectUnauthorized?: boolean }
// From Node 22.15 on; on older ones the list that Node brings along stands for the system's.
type WithStores = { readonly getCACertificates?: (store: 'default' | 'system') => string[] }

// A list of its own replaces Node's, so that has to be repeated. One context for all: parsing the list takes milliseconds.
const trustOf = (extraCa: string | undefined): Trust => {
  const { getCACertificates } = tls as WithStores
  const stores = getCACertificates && [...getCACertificates('default'), ...getCACertificates('system')]
  if (stores === undefined && extraCa === undefined) return {}
  const extra = extraCa === undefined ? [] : [extraCa]
  return {
    secureContext: tls.createSecureContext({ ca: [...new Set([...(stores ?? tls.rootCertificates), ...extra])] }),
  }
}

const createAgent = (options: TransportOptions, trust: Trust): Agent =>
  new Agent({
    factory: (origin, poolOptions) => new Pool(origin, poolOptions),
    connect: guardedConnector(options, trust),
    connections: connectionsPerOrigin,
    maxOrigins: mostOrigins,
    maxHeaderSize: longestHeaders,
    maxResponseSize: longestBody,
    headersTimeout: backstopMilliseconds,
    bodyTimeout: backstopMilliseconds,
    keepAliveTimeout: 30_000,
    pipelining: 1,
  })

/**
 * Refuses at the last moment before bytes flow, so that no redirect, realm or answer of a name server gets around it:
 * literals before connecting (they are never looked up), names when their addresses are known, and what was reached.
 */
const guardedConnector = ({ guard, lookup }: TransportOptions, trust: Trust): buildConnector.connector => {
  const connect = buildConnector({
    ...trust,
    timeout: connectMilliseconds,
    lookup: guardedLookup(guard, lookup ?? systemLookup),
    // Node's 250 ms gives up on every address of a host that is merely far away.
    autoSelectFamilyAttemptTimeout: 1000,
  })
  return (target, callback) => {
    const literal = target.hostname.replace(/^\[|\]$/g, '')
    const refusal = isIP(literal) === 0 ? undefined : guard.refusalOf(literal)
    if (refusal !== undefined) {
      callback(new AddressDenied(refusal), null)
      return
    }
    connect(target, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null)
        return
      }
      const reached = guard.refusalOf(socket.remoteAddress ?? '')
      if (reached === undefined) {
        callback(null, socket)
        return
      }
      socket.destroy()
      callback(new AddressDenied(reached), null)
    })
  }
}

// Only addresses that pass are handed on, and what is handed on is what is connected to: a name that changes its answer
// between two questions gains nothing.
const guardedLookup =
  (guard: Guard, lookup: LookupFunction): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, [])
        return
      }
      const addresses = typeof found === 'string' ? [{ address: found, family: isIP(found) }] : found
      const passing = addresses.filter(({ address }) => guard.refusalOf(address) === undefined)
      const [first] = passing
      if (first === undefined) callback(new AddressDenied(refusalOfAll(guard, addresses)), [])
      else if (options.all === true) callback(null, passing)
      else callback(null, first.address, first.family)
    })
  }

const refusalOfAll = (guard: Guard, addresses: readonly { readonly address: string }[]): string =>
  addresses.map(({ address }) => guard.refusalOf(address)).find((refusal) => refusal !== undefined) ?? 'no address'
