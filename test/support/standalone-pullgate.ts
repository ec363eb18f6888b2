import { mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { issueAuthority, issueServing } from '../../src/certs/issue.ts'
import { findFreePorts } from './free-ports.ts'
import { makeGuardedDirectory } from './guarded-directory.ts'
import { builtProgram, isReady } from './installed-pullgate.ts'
import { startServerProcess } from './server-process.ts'
import { until } from './until.ts'

export type StandalonePullgate = {
  pid: number
  url: string
  metricsUrl: string
  /** PEM, for the client. */
  authority: string
  /** Paths of the serving pair. */
  certificateFile: string
  keyFile: string
  /** Milliseconds from the start of the process until it was ready. */
  startMilliseconds: number
  /** As the kubelet exchanges a mounted ConfigMap. */
  changeConfig: (text: string) => Promise<void>
  log: () => Promise<string>
  /** SIGTERM, and waiting for its end. */
  terminate: () => Promise<void>
  stop: () => Promise<void>
}

export type StandaloneOptions = {
  /** The configuration file's text. */
  config: string
  kubeconfig: string
  flags?: readonly string[]
}

/** A directory as the kubelet mounts a ConfigMap; gives the function that exchanges its content. */
const mountConfig = async (directory: string): Promise<(text: string) => Promise<void>> => {
  let version = 0
  await mkdir(directory)
  await symlink('..data/config.yaml', join(directory, 'config.yaml'))
  return async (text) => {
    version += 1
    await mkdir(join(directory, `..${version}`))
    await writeFile(join(directory, `..${version}`, 'config.yaml'), text)
    await symlink(`..${version}`, join(directory, '..data_tmp'))
    await rename(join(directory, '..data_tmp'), join(directory, '..data'))
  }
}

/** The built program on loopback with certificate files, for where there is no cluster to install it in. */
export const startStandalonePullgate = async (options: StandaloneOptions): Promise<StandalonePullgate> => {
  const directory = await makeGuardedDirectory('pullgate-standalone')
  try {
    const at = (name: string): string => join(directory.path, name)
    const now = new Date()
    const authority = issueAuthority({ commonName: 'pullgate-standalone', now })
    const serving = issueServing({ authority, dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now })
    await writeFile(at('tls.crt'), serving.certificate)
    await writeFile(at('tls.key'), serving.key, { mode: 0o600 })
    const changeConfig = await mountConfig(at('config'))
    await changeConfig(options.config)
    const [port = 0, metricsPort = 0] = await findFreePorts(2)
    const started = performance.now()
    const server = await startServerProcess(directory, {
      name: 'pullgate',
      binary: process.execPath,
      args: [
        builtProgram,
        'serve',
        ...['--config', join(at('config'), 'config.yaml'), '--kubeconfig', options.kubeconfig],
        ...['--listen', `127.0.0.1:${port}`, '--metrics-listen', `127.0.0.1:${metricsPort}`],
        ...['--tls-cert-file', at('tls.crt'), '--tls-private-key-file', at('tls.key')],
        ...(options.flags ?? []),
      ],
    })
    const metricsUrl = `http://127.0.0.1:${metricsPort}`
    const waiting = { what: 'Pullgate to be ready', limitMs: 20_000, signal: server.ended }
    await until(waiting, async () => ((await isReady(metricsUrl)) ? true : undefined))
    return {
      pid: server.pid,
      url: `https://127.0.0.1:${port}`,
      metricsUrl,
      authority: authority.certificate,
      certificateFile: at('tls.crt'),
      keyFile: at('tls.key'),
      startMilliseconds: performance.now() - started,
      changeConfig,
      log: server.log,
      terminate: async () => {
        process.kill(server.pid, 'SIGTERM')
        await until({ what: 'Pullgate to stop', limitMs: 30_000 }, async () =>
          server.ended.aborted ? true : undefined,
        )
      },
      stop: async () => {
        await server.stop()
        await directory.remove()
      },
    }
  } catch (error) {
    await directory.remove()
    throw error
  }
}
