import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { makeGuardedDirectory } from './guarded-directory.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'
import { until } from './until.ts'

export type RegistryAccount = { username: string; password: string; bcrypt: string }

/** Accounts for `htpasswd`. The registry takes nothing but bcrypt, which Node does not have: made once, with cost 4. */
export const registryAccounts = {
  robot: {
    username: 'robot',
    password: 'robot-secret',
    bcrypt: '$2b$04$Af65izQ61Ux.gnMN/AkIvOFqa7UiaKHnAjOB/eQjBLOUDlBqu4Azi',
  },
  other: {
    username: 'other',
    password: 'other-secret',
    bcrypt: '$2b$04$QCcU.14faeR416UGjD4ESOfeVEz.wFtIYC4Dop6vGTLgysP5PlZw2',
  },
} as const satisfies Record<string, RegistryAccount>

export type RegistryOptions = {
  /** Asks for Basic authentication. */
  htpasswd?: readonly RegistryAccount[]
  /** Asks for tokens of this server; what `startTokenServer` returns fits. */
  token?: { realm: string; service: string; issuer: string; jwks: { keys: object[] } }
  tls?: { certFile: string; keyFile: string }
}

export type RegistryServer = {
  /** As it stands in an image reference: 127.0.0.1:PORT. */
  host: string
  url: string
  log: () => Promise<string>
  stop: () => Promise<void>
}

/** The CNCF registry, empty, on loopback. */
export async function startRegistry(
  binaries: Pick<Binaries, 'registry'>,
  options: RegistryOptions = {},
): Promise<RegistryServer> {
  const directory = await makeGuardedDirectory('pullgate-registry')
  let server: ServerProcess | undefined
  const stop = async () => {
    await server?.stop()
    await directory.remove()
  }
  try {
    const configuration = join(directory.path, 'config.json')
    await writeFile(configuration, JSON.stringify(await configure(directory.path, options)))
    server = await startServerProcess(directory, {
      name: 'registry',
      binary: binaries.registry,
      args: ['serve', configuration],
      // By default it would look for a telemetry collector on this machine.
      env: { OTEL_TRACES_EXPORTER: 'none' },
    })
    const { log, ended } = server
    const host = await until({ what: 'the registry', limitMs: 15_000, signal: ended }, async () => {
      return /listening on (127\.0\.0\.1:\d+)/.exec(await log())?.[1]
    })
    return { host, url: `${options.tls ? 'https' : 'http'}://${host}`, log, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function configure(directory: string, { htpasswd, token, tls }: RegistryOptions): Promise<object> {
  const auth: Record<string, object> = {}
  if (htpasswd) {
    const path = join(directory, 'htpasswd')
    await writeFile(path, htpasswd.map(({ username, bcrypt }) => `${username}:${bcrypt}\n`).join(''))
    auth['htpasswd'] = { realm: 'pullgate test registry', path }
  }
  if (token) {
    const jwks = join(directory, 'jwks.json')
    await writeFile(jwks, JSON.stringify(token.jwks))
    auth['token'] = { realm: token.realm, service: token.service, issuer: token.issuer, jwks }
  }
  return {
    version: '0.1',
    // The port it chose is said at this level.
    log: { level: 'info', accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(directory, 'storage') }, delete: { enabled: true } },
    http: {
      addr: '127.0.0.1:0',
      secret: 'one registry alone needs no shared secret',
      ...(tls ? { tls: { certificate: tls.certFile, key: tls.keyFile } } : {}),
    },
    ...(htpasswd || token ? { auth } : {}),
  }
}
