/** `pullgate certs`: an authority and a serving certificate as files, for installations that manage their own. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { inspectPair } from '../certs/inspect.ts'
import type { KeyPair } from '../certs/issue.ts'
import { authorityLifetimeDays, authorityName, issueAuthority, issueServing } from '../certs/issue.ts'
import { goodAuthority } from '../certs/self-managed.ts'

export type CertsArgs = {
  readonly service: string
  readonly namespace: string
  /** Further names or IP addresses. */
  readonly dns?: readonly string[]
  readonly directory: string
  readonly days?: number
  /** Make a new authority even where there is a good one, or one that cannot be used. */
  readonly force?: boolean
}

export type CertsIo = {
  readonly stdout: (text: string) => void
  readonly stderr: (text: string) => void
  readonly now?: () => Date
}

/** What the user can mend; anything else that is thrown is our own fault. */
class Refusal extends Error {}

type Names = { readonly dnsNames: readonly string[]; readonly ipAddresses: readonly string[] }

export const runCerts = async (args: CertsArgs, io: CertsIo): Promise<number> => {
  try {
    await issueInto(args, io)
    return 0
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    io.stderr(`error: ${error.message}\n`)
    return 2
  }
}

const issueInto = async (args: CertsArgs, io: CertsIo): Promise<void> => {
  const now = io.now?.() ?? new Date()
  const names = namesOf(args)
  const days = daysOf(args)
  await makeDirectory(args.directory)
  const known = await readAuthority(args, now)
  const authority = known ?? issueAuthority({ commonName: authorityName, now })
  const serving = issueServing({ authority, ...names, now, ...(days === undefined ? {} : { lifetimeDays: days }) })
  if (known === undefined) {
    // Keys first, readable by their owner only: a reader never finds a certificate whose key is not there yet.
    await replaceFile(args.directory, 'ca.key', authority.key, 0o600)
    await replaceFile(args.directory, 'ca.crt', authority.certificate, 0o644)
  }
  await replaceFile(args.directory, 'tls.key', serving.key, 0o600)
  await replaceFile(args.directory, 'tls.crt', serving.certificate, 0o644)
  const path = (name: string): string => join(args.directory, name)
  io.stderr(
    known === undefined
      ? `new authority: ${path('ca.crt')}, ${path('ca.key')}\n`
      : `authority kept: ${path('ca.crt')} (--force makes a new one)\n`,
  )
  const all = [...names.dnsNames, ...names.ipAddresses]
  io.stderr(`new serving certificate: ${path('tls.crt')}, ${path('tls.key')}\n`)
  io.stderr(`  for ${all.join(', ')}, until ${expiryOf(serving, now)}\n`)
  io.stderr('caBundle for the webhook configuration, on standard output:\n')
  io.stdout(`${Buffer.from(authority.certificate).toString('base64')}\n`)
}

const expiryOf = (serving: KeyPair, now: Date): string =>
  inspectPair(serving, [], now).expiresAt?.toISOString().slice(0, 10) ?? 'unknown'

const namesOf = ({ service, namespace, dns = [] }: CertsArgs): Names => {
  checkLabel('--service', service)
  checkLabel('--namespace', namespace)
  const inCluster = `${service}.${namespace}.svc`
  const wanted = [...new Set([inCluster, `${inCluster}.cluster.local`, ...dns])]
  const wrong = wanted.find((name) => isIP(name) === 0 && !isDnsName(name))
  if (wrong !== undefined) throw new Refusal(`--dns "${wrong}" is neither a DNS name nor an IP address`)
  return {
    dnsNames: wanted.filter((name) => isIP(name) === 0),
    ipAddresses: wanted.filter((name) => isIP(name) !== 0),
  }
}

const checkLabel = (flag: string, label: string): void => {
  if (label.length <= 63 && /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/.test(label)) return
  throw new Refusal(`${flag} "${label}" is not a name that Kubernetes accepts: lower-case letters, digits and "-"`)
}

const isDnsName = (name: string): boolean =>
  name.length <= 253 && /^(?:\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/i.test(name)

const daysOf = ({ days }: CertsArgs): number | undefined => {
  if (days === undefined || (Number.isInteger(days) && days >= 1 && days <= authorityLifetimeDays)) return days
  throw new Refusal(`--days ${days} is not a whole number from 1 to ${authorityLifetimeDays}`)
}

const makeDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    if (!(await stat(directory)).isDirectory()) throw new Refusal(`--out ${directory} is not a directory`)
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || codeOf(error) === 'ENOTDIR') {
      throw new Refusal(`--out ${directory} is a file, not a directory`)
    }
    throw refusalOf(error, `cannot make the directory ${directory}`)
  }
}

/** `undefined` where a new authority is due. One that clusters may trust already is never replaced unasked. */
const readAuthority = async ({ directory, force = false }: CertsArgs, now: Date): Promise<KeyPair | undefined> => {
  const certificate = await readIfThere(directory, 'ca.crt')
  const key = await readIfThere(directory, 'ca.key')
  if (force || (certificate === undefined && key === undefined)) return undefined
  const texts = { ...(certificate && { 'ca.crt': certificate }), ...(key && { 'ca.key': key }) }
  const authority = goodAuthority(texts, now)
  if (authority !== undefined) return authority
  throw new Refusal(
    `the authority in ${directory} (ca.crt, ca.key) cannot go on signing: a file is missing or not readable as PEM, ` +
      'the key does not belong to it, or less than a third of its life is left. ' +
      'With --force it is replaced; add the new caBundle beside the old one before you swap the serving certificate',
  )
}

const readIfThere = async (directory: string, name: string): Promise<string | undefined> => {
  try {
    return await readFile(join(directory, name), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw refusalOf(error, `cannot read ${join(directory, name)}`)
  }
}

/** A server that reloads its files sees the old content or the new, never half of it. */
const replaceFile = async (directory: string, name: string, text: string, mode: number): Promise<void> => {
  const temporary = join(directory, `.${name}.${randomBytes(6).toString('hex')}`)
  try {
    await writeFile(temporary, text, { mode, flag: 'wx' })
    // The mode given at creation is cut by the umask.
    await chmod(temporary, mode)
    await rename(temporary, join(directory, name))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw refusalOf(error, `cannot write ${join(directory, name)}`)
  }
}

const refusalOf = (error: unknown, what: string): unknown => {
  const code = codeOf(error)
  return error instanceof Refusal || code === undefined ? error : new Refusal(`${what} (${code})`)
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
