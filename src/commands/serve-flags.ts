/** The flags of `pullgate serve`: each is checked before anything is started, and refused in one line. */
import { readFile } from 'node:fs/promises'
import { destination, type Level, type Logger, pino } from 'pino'
import { readCertificates } from '../certs/inspect.ts'
import { type Config, defaultConfig, parseConfig } from '../config.ts'
import { parseDuration } from '../core/duration.ts'

/** As commander gives them. */
export type ServeFlags = {
  readonly config?: string
  readonly listen: string
  readonly metricsListen: string
  readonly tlsCertFile?: string
  readonly tlsPrivateKeyFile?: string
  readonly kubeconfig?: string
  readonly namespace?: string
  readonly service: string
  readonly certificateSecret: string
  readonly webhookConfiguration: string
  readonly logLevel: string
  readonly shutdownDelay: string
  readonly printSchema?: boolean
}

/** What the user can mend; told in one line, exit status 2. */
export class Refusal extends Error {}

// Whatever is still under way then is cut off: the kubelet's own patience ends at terminationGracePeriodSeconds.
export const stopLimitMilliseconds = 25_000
const logLevels = ['trace', 'debug', 'info', 'warn', 'error'] as const

export const createLog = (level: string): Logger => {
  if (!logLevels.includes(level as (typeof logLevels)[number])) {
    throw new Refusal(`--log-level: "${level}" is not one of ${logLevels.join(', ')}`)
  }
  const options = { level: level as Level, base: null, timestamp: () => `,"time":"${new Date().toISOString()}"` }
  return pino(options, destination({ dest: 2, sync: true }))
}

const readText = async (what: string, path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: unknown) => {
    throw new Refusal(`${what} ${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`)
  })

/** `registries.caBundle` holds PEM, or the path of a file that does. */
const withCaText = async (config: Config): Promise<Config> => {
  const { caBundle } = config.registries
  if (caBundle === '') return config
  const isText = caBundle.includes('-----BEGIN')
  const pem = isText ? caBundle : await readText('registries.caBundle', caBundle)
  if (readCertificates(pem).length > 0) return { ...config, registries: { ...config.registries, caBundle: pem } }
  throw new Refusal(`registries.caBundle: ${isText ? 'the text' : caBundle} is no list of certificates in PEM`)
}

/** `source`: every text it is made of, to see whether it has changed. */
export type LoadedConfig = { readonly config: Config; readonly source: string }

/** With the text of `registries.caBundle`, which may be a path in the file. */
export const loadConfig = async (path: string | undefined): Promise<LoadedConfig> => {
  if (path === undefined) return { config: defaultConfig, source: '' }
  const text = await readText('--config', path)
  const config = await withCaText(parseConfig(text, path))
  return { config, source: JSON.stringify([text, config.registries.caBundle]) }
}

export const shutdownDelayOf = ({ shutdownDelay }: ServeFlags): number => {
  const milliseconds = parseDuration(shutdownDelay)
  if (milliseconds !== undefined && milliseconds < stopLimitMilliseconds) return milliseconds
  throw new Refusal(`--shutdown-delay: "${shutdownDelay}" is not a duration below 25s, such as 500ms or 5s`)
}
